package sms

// rightWords and wrongWords answer "We have {MASK}. Reply OK if that is right"
// (S-email-c).
const rightWords list = `
ok
okay
k
kk
yes
y
ya
yep
yup
yeah
ye
sure
right
correct
thats right|correct|it|good|mine|fine
all right
alright
looks good|right|correct
perfect
good
confirm
confirmed
i confirm
its|its right|correct
si
claro
correcto
correcta
bien
esta bien
asi es
vale
exacto
exactamente
de acuerdo
perfecto
`

const wrongWords list = `
no
n
nope
nah
wrong
incorrect
not right|correct|mine|good
isnt right|correct|mine
thats wrong|incorrect
thats not right|correct|it|mine
its wrong|incorrect
its not right|correct|mine
wrong email|address|e mail
mal
esta mal
incorrecto
incorrecta
equivocado
equivocada
no es
no es correcto|correcta|mio|ese|esa
`

const confirmFillers list = `
please
thanks
thats
its
it is
that is
is
my
the
email
e mail
address
por favor
gracias
es
mi
correo
thanks so much
`

// whenWords answers S-later: 1 today, 2 tomorrow morning, 3 tomorrow
// afternoon, 4 tomorrow evening.
var whenWords = map[Detail]list{
	When1: `
1
one
first
today
later today
this morning|afternoon|evening
tonight
uno
una
primera
hoy
`,
	When2: `
2
two
second
tomorrow (in the) morning
dos
segunda
manana (por|en|de) (la) manana
`,
	When3: `
3
three
third
tomorrow (in the) afternoon
tres
tercera
manana (por|en) (la) tarde
`,
	When4: `
4
four
fourth
tomorrow (in the) evening|night
cuatro
cuarta
manana (por|en) (la) noche
`,
	Unclear: `
tomorrow
morning
afternoon
evening
any time|day
anytime
manana
tarde
noche
either
none
or
`,
}

const whenFillers list = `
please
thanks
ok
okay
yes
option
number
no
choice
the
for
me
is
its
a
i
ill
take
choose
pick
would be
good
great
fine
best
better
works
then
and
at
in
opcion
numero
la
el
por favor
gracias
a
`
