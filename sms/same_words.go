package sms

import "strings"

// sameAs lists what is read as one: short forms of texting, contractions and
// common slips. Left is what people write, right is what the tables say.
const sameAs = `
do not = dont
don t = dont
dnt = dont
donot = dont
does not = doesnt
did not = didnt
is not = isnt
are not = arent
was not = wasnt
will not = wont
would not = wouldnt
should not = shouldnt
could not = couldnt
have not = havent
can not = cant
cannot = cant
can t = cant
i am = im
that is = thats
it is = its
i m = im
i have = ive
i will = ill
you are = youre
u = you
ur = your
r = are
pls = please
plz = please
plse = please
plese = please
thx = thanks
tks = thanks
ty = thanks
thank you = thanks
thankyou = thanks
txt = text
txts = texts
txting = texting
texing = texting
textin = texting
msg = message
msgs = messages
mesage = message
mesages = messages
msging = messaging
ppl = people
wanna = want to
gonna = going to
tel = telephone
b4 = before
2day = today
2morrow = tomorrow
tmrw = tomorrow
tomorow = tomorrow
tommorow = tomorrow
tommorrow = tomorrow
xfa = por favor
porfa = por favor
porfavor = por favor
msj = mensaje
msjs = mensajes
`

var same = compileSame(sameAs)

func compileSame(table string) phrases {
	p := phrases{root: &node{}}
	for line := range strings.Lines(table) {
		left, right, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		end := p.root.at(strings.Fields(left))
		end.label, end.same = "same", strings.Fields(right)
	}
	return p
}

// sameWords reads each word, or pair of words, as sameAs says.
func sameWords(words []string) []string {
	out := make([]string, 0, len(words))
	for len(words) > 0 {
		f := same.longest(words)
		if f.label == "" {
			out = append(out, words[0])
			words = words[1:]
			continue
		}
		out = append(out, f.same...)
		words = words[f.words:]
	}
	return out
}
