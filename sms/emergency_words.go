package sms

// emergencyPhrases alert a person wherever they stand, at any hour (call script
// 6.9; the words 911, emergency, suicide, kill myself, end my life, die, can't
// breathe, chest pain, overdose, bleeding, help me now, and what means the
// same).
//
// They are whole words: "diet" and "soldier" hold no "die", and "died" speaks
// of the past. A denial is not believed ("no chest pain" alarms, because so
// would "No! Chest pain"): a false alarm costs a person's look, a miss costs
// more.
const emergencyPhrases list = `
911
9 1 1
call911
[call|dial|text|calling|called] 988|999|112|000
sos
mayday
emergency
emergencies
ambulance
paramedic|paramedics

# life
suicide
suicidal
kill|killing|hurt|hurting|harm|harming|shoot|shooting|hang|hanging|cut|cutting myself
kms
end|ending|take|taking my (own) life
end it all
[want to end|feel like ending|thinking of ending|going to end] it
cant take it|this [anymore|any more|any longer]
end my suffering
die
dying
be|im dead
better off dead
wish i was|were dead
better off without me
no|any reason to live
dont|not want to [live|be alive|be here anymore|wake up|exist]
no longer want to live
cant go on [like this|anymore|living|any longer]
kill me
dead soon

# breath and heart
cant (even|hardly|barely|really) breathe|breath|breathing
not|isnt|wasnt|stopped|barely|hardly breathing
unable to breathe
hard|hardly|barely|harder|struggling|difficult|trying to breathe
barely|hardly breathe
[trouble|difficulty|problem|problems|hard time] (with) (my) breathing
short|shortness of breath
cant (get|catch) (my|his|her) breath|air
gasping
choking
turning|turned blue
lips are blue
chest|heart pain|pains|pressure|tightness
pain|pains|pressure|tightness in my|the|his|her chest
chest hurts|tight|hurting
heart attack
heart stopped
having|had|has (a|another) stroke|seizure|fit
seizure|seizures|seizing|convulsions
face|mouth drooping|droop|drooped
slurred|slurring (his|her|my) speech

# blood and poison
bleed|bleeding|bleeds
hemorrhage|hemorrhaging
cough|coughed|coughing|vomit|vomited|vomiting|throwing|threw|spitting (up) blood
blood coming out
overdose|overdosed|overdosing
took|taken|swallowed too many|much (pills|tablets|of)
took|taken|swallowed|take all (of) (my|the|his|her) pills|tablets|medication|meds|medicine
poisoned

# a call for help
help (me|us) (right) now|immediately|quick|quickly|urgent|urgently|fast
need|send help (right) now|immediately|quick|quickly|urgent|urgently|fast
somebody|someone help (me|us)
urgent help
unconscious
unresponsive
wont|cant|not|isnt|wasnt wake|waking up
he|she|wife|husband|mother|father|mom|dad (is) isnt|not responding
cant get up
cant move .
help i fell
passed|passing out
fainted|fainting
collapsed

# Spanish
emergencia
emergencias
urgencias
ambulancia
suicidio|suicidarme|suicida|suicidar
matarme
me (voy a|quiero) mato|matar
quitarme la vida
me quito|quitar la vida
me (voy a|quiero) quitar la vida
ya no aguanto
no puedo mas .
acabar con mi vida
no quiero (ya|seguir) vivir|viviendo
ya no quiero vivir
[quiero|quisiera|voy a] morir|morirme
me muero
me estoy muriendo
me voy a morir
se esta muriendo
muriendo
no puedo|puede|podemos|logro respirar
no respira
no esta respirando
me ahogo
me estoy ahogando
falta|faltando (de|el|me el) aire|aliento
me falta el aire
dolor|presion|dolores de|en (el) pecho
me duele el pecho
infarto
derrame
convulsion|convulsiones|convulsionando
sangrando|sangrado|sangra|hemorragia
mucha|tose|tosiendo|vomita|vomitando|escupe|escupiendo sangre
sobredosis
muchas pastillas
tome|tomo todas las pastillas
auxilio
socorro
ayuda|ayudenme|ayudeme|ayudame ya|ahora|urgente|rapido|inmediatamente
ayuda por favor urgente
inconsciente
se desmayo|desmayo
me desmayo|desmaye
no despierta
`

// emergencyOrdinary has such a word in it and is no call for help.
const emergencyOrdinary list = `
emergency contact|contacts|exit|fund
in case of (an) emergency
not (an|a|any) emergency
isnt (an|a) emergency
non emergency
nonemergency
contacto|contactos de emergencia
no es (una) emergencia
en caso de emergencia
die hard|cast|cut
dying to know|hear|see|meet|ask|try|read
`

// ordinaryIn lists the emergency words that are everyday words of another
// language (BCP 47): "die" is German and Dutch for "the".
var ordinaryIn = map[string][]string{
	"de": {"die"},
	"nl": {"die"},
	"af": {"die"},
}

// beforeVerbs stand before such a word when it is English all the same.
var beforeVerbs = []string{"to", "i", "ill", "will", "would", "might", "may", "could", "me", "him", "her", "just"}
