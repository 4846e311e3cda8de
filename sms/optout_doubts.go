package sms

// stopDoubts may mean that a person wants no more of us, or may not. The
// longer phrases of the other lists go before the single words at the top: a
// "stop" that no list explains is for a person to read.
const stopDoubts list = `
stop
stopall
unsubscribe
unsubscribed
revoke
revoking
optout
opt out
opting out
arret
enough is enough
no more of this
basta
quiero|quisiera parar|cancelar|terminar
quit it
cancel everything|it|this
cancel|cancle my|the|our|this (whole) request|case|account|service|subscription|program|programme|order|opinion|review|process|enrollment|call
cancel my|the second opinion
want|like|need|wish to cancel .
want|like|need|wish to cancel it|this|everything
want|like|need|wish to cancel my|the|our (second) request|case|account|opinion|review|order|call
want|like|need|wish to quit .
want|like|need|wish to end this
want|like|need|wish to withdraw
withdraw my
can|may|could|should i revoke
close my case|account|request
i dont want this (anymore)
dont want to [do this|continue|go on with this]
no longer interested
(i) (accidentally) texted|sent|typed|replied|wrote|hit|pressed stop (to you) by mistake|accident|error
(i) accidentally texted|sent|typed|replied|wrote|hit|pressed stop
not interested
no thanks .
never mind
i changed my mind
make it|this|that stop
delete|erase|remove (all) my information|info|data|details|records
too many texts|messages|calls
you text|call (me) [too much|too often]
why do you keep texting|calling|messaging|contacting
[this is|reported as|reporting this as|marked as] spam
i|ive|im blocked|blocking you|this|your
fuck|screw you
f off
leave me|us be
ya no quiero esto|nada|mas
dont call list|registry

# only at some times, or only one of two ways: a person must note it
dont|never call|text|contact|message|phone|bother|ring (me|us|my) before|after|until|till|between|during|in|today|tomorrow|tonight|yet|so|while|when|later|early|late|on|at|if|except|unless|except
dont|never (ever) call|text|contact|message|phone (me|us) this morning|afternoon|evening|week|weekend|month
dont (ever) call|phone|ring me|us (right) now
not to call|text|contact|message|phone me|us before|after|until|till|between|during|today|tomorrow|tonight|at|on|when|so
dont call|text|contact|message|phone my husband|wife|daughter|son|mother|father|mom|dad|work|job|office|house|home|landline
dont (ever) call|text|contact|message|phone me again before|until|till
dont (ever) contact|message me|us by|via|through|over|with
dont text (me) just|only|but call (me)
dont call (me) just|only|but text (me)
you dont|never call|text|contact me
you dont call
dont want [to be called|to be texted|to be contacted|texts|calls|messages|any texts|any calls] before|after|until|till|during|at|on|in
please|kindly no (more) texts|messages|calls|calling|texting before|after|until|till|during|at|on|today|tonight|this|for
no more texts|messages|calls|updates before|after|until|till|during|today|tonight|this|for
stop texting|calling|messaging|contacting me|us [before|after|until|till|during|at work|at night|at this hour|so early|so late|today|tonight]
no me llamen|llame|escriban|escriba|manden|mande (mensajes|textos) antes|despues|hasta|hoy|manana|cuando|por|en|tan|durante
ya no me llamen|llame|escriban|escriba hoy|antes|despues
stop the|these|all|your|those calls|texts|messages|updates from|until|till|for|on|when|after|before|about|if
stop texts|messages|calls|updates|texting|calling|messaging from|until|till|for|on|when|after|before|about|if
stop texting|calling|contacting|messaging my husband|wife|daughter|son|mother|father|mom|dad

# a death: no automatic text may follow before a person has read this one
he|she|husband|wife|mother|father|mom|dad|mum|patient (has) (just|recently) passed away
he|she (has) (just) died
el|ella murio
husband|wife|patient (has) (just) died
mother|father|mom|dad|mum (has) (just) died yesterday|today|this|last|on|two|three|a
has died|passed
fallecio
ha fallecido|muerto
mi esposo|esposa|marido|mujer|mama|papa|madre|padre murio
`
