package sms

// The vocabulary of opting out. R-20 is its core; the FCC's list is stop, quit,
// end, revoke, opt out, cancel, unsubscribe (47 CFR 64.1200(a)(10)); Twilio's
// and the toll-free network's own words are a part of it
// (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out). What goes
// beyond is what a reasonable person means by it: other word orders, Spanish,
// slips of the finger.

// stopAlone opts out when it is all the text says, besides fillers. Twice, or
// several of them, count as well.
const stopAlone list = `
# R-20
stop
stopall
stop all
opt out
optout
unsubscribe
revoke
arret
alto
parar
no mas

# the word spelled out, and slips of the finger that are no word of English
s t o p
stpo
sotp
stopp
sstop
dtop
st0p
unsubcribe
unsubscibe
unsuscribe
unsubsribe
unsubscribed
unsub
end all
quit all
cancel all

# other ways to say it and nothing else
opt me out
opting out
remove me
take me off
leave me alone
stop that
[will|would|can|could] you (please|kindly|just) stop
enough
no more
go away
get lost

# Spanish and French
pare
paren
basta
ya basta
ya no mas
no mas mensajes|textos|llamadas
cancelar
cancelen
eliminar
borrar
terminar
salir
fin
baja
dar de baja
darme de baja
deme|denme de baja
dejenme|dejeme|dejame en paz
arreter
arretez
desuscribir
desuscribirme
`

// stopFillers may stand beside stopAlone and change nothing.
const stopFillers list = `
# R-20
please
now
all
texts
messages
calls
me
thanks

# more of the kind
text
texting
message
calling
it
this
these
those
the
your
you
us
to
from
and
so
just
very much
right now
immediately
at once
right away
everything
every
any
more
again
already
ok
okay
yes
hi
hello
hey
dear
sir
madam
maam
folks
guys
everyone
team
i said
i say
i want to
i would like to
id like to
want to
would like to
reply
send
type
word
the word
automated
automatic
bot
list
updates
update
notifications
alerts
reminders
sms
sent from my iphone
sent from my ipad
sent from my android
sent from my galaxy
sent from my phone

# Spanish
por favor
favor
ya
ahora
ahora mismo
todo
todos
todas
gracias
muchas gracias
hola
buenos dias
buenas tardes
buenas noches
mensajes
textos
llamadas
los
las
el
de
senor
senora
quiero
estos
sil vous plait
svp
merci
`

// weakAlone opts out as stopAlone does, but with the fillers of weakFillers
// only: "stop it" is clear, "cancel it" may be an appointment, "the end" a
// story.
const weakAlone list = `
quit
end
cancel
remove
cancle
delete
quit texting|messaging|calling (me)
end texts|messages|calls|texting
cancel texts|messages|calls|updates
remove texts|messages|calls
`

// weakFillers are those of R-20, and greetings.
const weakFillers list = `
please
now
all
texts
messages
calls
me
thanks
text
updates
ok
okay
hi
hello
just
right now
immediately
por favor
gracias
sent from my iphone
sent from my ipad
sent from my android
sent from my galaxy
sent from my phone
`

// doubtAlone is what may be a refusal when it is all a text says. "No" is not
// among them: it is an answer (episphere/connect#913).
const doubtAlone list = `
i quit
i give up
para
para ya
no thanks
no gracias
ya no
ya no gracias
no quiero nada
not interested
im not interested
no me interesa
no estoy interesado|interesada
stopped
spam
block
blocked
shut up
i said no
cancel it|this|that|everything
quit it
end it|this
remove it|this
`

// doubtFillers may stand beside doubtAlone.
const doubtFillers list = `
please
now
thanks
ok
hi
hello
por favor
ya
gracias
`
