package sms

// startWords bring texts back. Only the words that the networks honour:
// a person whose number they block needs exactly these
// (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out). YES is
// one of theirs and none of ours: it may answer a question.
const startWords list = `
start
unstop
`

// startFillers may stand beside START: few, for who only wants to start a second
// opinion has not asked for texts.
const startFillers list = `
please
now
again
thanks
hi
hello
ok
okay
texts
messages
por favor
gracias
`

// helpWords ask what this is.
const helpWords list = `
help
info
information
ayuda
ayudenme
ayudeme
ayudame
informacion
`

// laterWords ask to be called another time (call script, S-pre and S-miss).
const laterWords list = `
later
another|other|different|better time|day
not now
not today
not a good time
bad time
im busy
busy
call (me|us) (back) later|tomorrow|today|tonight|monday|tuesday|wednesday|thursday|friday
cant talk (now)
in a meeting
reschedule
change (the|my) time
luego
despues
mas tarde
otro dia
otra hora
otro momento
ahora no
no puedo ahora
estoy ocupado|ocupada
llame|llamen|llamame|llameme|llamenme luego|despues|manana|mas tarde
`

// callWords ask for a call (call script, S-st1).
const callWords list = `
call
call me|us (back)
callback
phone|ring me
call back
give me a call (back)
need|want|like (to) (a) call (back)
speak|talk to|with a person|human|someone|somebody|coordinator|nurse
llamar
llame|llamen|llama
llameme|llamame|llamenme
una llamada
hablar con una|alguna persona
hablar con alguien
`

// callPhrases ask for a call in a text that refuses texts.
const callPhrases list = `
call me|us
call instead
just|only|rather|please call
prefer|want|like (a) (phone) call|calls
`

// callOrdinary has such words in it and refuses calls as well.
const callOrdinary list = `
dont|not|never|stop|quit|or|nor|no|to (just|please) call (me|us)
`

// beginWords start a request by text.
const beginWords list = `
begin
`

// beginSpanish do the same, and say in which language.
const beginSpanish list = `
empezar
comenzar
empiezo
`

// keywordFillers may stand beside a keyword and change nothing.
const keywordFillers list = `
please
thanks
hi
hello
hey
ok
okay
now
me
us
i
you
can
could
would
will
need
want
to
some
the
a
is
it
sorry
texts
messages
again
por favor
favor
gracias
hola
me
puede
pueden
necesito
quiero
sent from my iphone
sent from my ipad
sent from my android
sent from my galaxy
sent from my phone
`

// wrongNumberPhrases tell that this is not the person we look for, wherever
// they stand in a text (R-20, call script S-notpatient). What may be
// about another number is in wrongNumberDoubts.
const wrongNumberPhrases list = `
wrong number|person|phone|telephone
wrong cell|mobile|phone number
you have the wrong
youre|are texting|calling|messaging|contacting (to) (the|a) wrong number|person|phone
youve got the wrong
not the right|correct number|person
nobody|no one (here) by|with|of that name
not (this|that) person
i dont know (who) (this|that) person
this isnt him|her|his|hers
not my (request|case|account|appointment)
no longer (has|have|uses|at) this number
this number (is|was) (now) no longer|someone else
mistaken identity
numero equivocado|incorrecto
persona equivocada|incorrecta
se equivoco|equivocaron|equivoca|equivocan (de) (numero|persona)
esta|estan|esta equivocado|equivocados (de) numero|persona
no conozco a esa|esta persona
no soy esa|la persona
`

// wrongNumberAlone tells the same when it is all the text says.
const wrongNumberAlone list = `
not me
this isnt me
isnt me
its not me
it isnt me
that isnt me
new phone who dis|this
im not him|her|that
no soy yo
equivocado
`

// wrongNumberDoubts are about another number, or ask.
const wrongNumberDoubts list = `
(you have the) wrong number for|of my|the|our|his|her
gave|entered|typed|dialed|dialled|wrote|put|had|have|has|sent|called|used|listed|left (you|them|him|her|in|down|my|us) (the|a) wrong (phone|cell) number
to the|a wrong number|person|phone
is|was|be it|this|that (the|a) wrong number
`
