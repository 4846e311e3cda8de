package sms

// stopPhrases opt out wherever they stand in a text (R-20: "contains a
// stop-phrase"), unless they are part of a longer phrase of stopDoubts ("do not
// text me before 9") or of stopDenied ("please do not stop texting me").
const stopPhrases list = `
# stop + what we do
stop (all|all of|the|these|those|this|your|any|with) (the|these|those|this|your|of) texting|texts|text|messaging|messages|message|sms|spam|spamming
stop (all|the|these|those|this|your|with) (the|these|those|this|your|of) calling|calls|notifications|alerts|reminders|robocalls
stop (all|the|these|those|this|your|any) (the|these|those|this|your|automated|automatic|phone|text) updates|calls|messages
stop sending (me) (any|all|the|these|those|this|your) (of|more) (the|these|those) texts|messages|text|updates|stuff|reminders|notifications|alerts|things|it|them|this
stop sending me
stop sending (me) these|those|this|them|it .
stop contacting|bothering|harassing|annoying|pestering|emailing|writing|phoning|ringing|bugging me|us|my
stop contacting
stop bothering
stop harassing
stop blowing up my phone
stop it with the|these texts|messages|calls
please|pls stop everything
i (already|just) said stop
i (already|just) told you to stop
i (already|just) texted|typed|wrote|sent|replied stop
told|asked|begged|ordered you (guys|people|all) (already|before|twice) (not) to stop
want|need|like|asking|begging you (guys|people|all) to stop .
[want|need|make] (all|all of) (the|these|your|those) texts|messages|calls|texting|calling (to) stop
[turn|switch|shut] off (all|the|these|your) texts|messages|notifications|alerts|calls|texting
[turn|switch|shut] (all|the|these|your) texts|messages|notifications|alerts|calls off
disable|block|deactivate (all|the|these|your) texts|messages|notifications|alerts|calls
will|would|can|could you (please|kindly|just|all|people|guys) (please) stop texting|calling|messaging|contacting|bothering|sending
you wont|never|dont|didnt stop texting|calling|messaging|contacting|bothering|sending
why dont you stop texting|calling|messaging|contacting|bothering|sending
why wont|dont you stop
why cant you stop
quit texting|messaging|calling|sending|contacting|bothering me|us|my|these|this|so|it
quit sending
no more texts|messages|texting|messaging|calls|calling|updates (please)
enough (with the|with these) texts|messages|calls
end these|the|all|this texts|messages|texting|calls
cancel these|all|my|the texts|messages|text|updates

# do not + what we do
dont (ever|you|you dare) text|message|sms
dont (ever|you|you dare) text|message|sms|contact|call|phone|bother|ring me|us|here|again|anymore
dont (ever|you|you dare) text|message|sms|contact|call|phone|bother|ring this|my (cell|mobile|phone) number|phone|cell|mobile
dont (ever) call|text|message|contact|phone (me|us) (again) at all
dont (ever) call|text|message|contact|phone (me|us) on|at this|my (cell|mobile) number|phone|cell|mobile
dont (ever) call|text|message|contact|phone (me|us) in (the) future
dont (ever) call|text|message|contact|phone (me|us) now or ever
dont call .
dont contact .
dont (ever) send (me|us) (any|anymore|any more|more|these|the|this|your|other) texts|messages|text|message|updates|sms
dont send me|us anything|anymore
dont want (any|anymore|any more|more|these|your|the|to get|to receive|to have|you to text|you to call|you to contact|you to message|you to send) (any|anymore|any more|more|these|your|the) texts|messages|text|calls|updates|texting
dont want you to text|call|contact|message|write|texting|calling (me)
dont want to be texted|contacted|called|messaged|bothered
dont wish to be texted|contacted|called|messaged|bothered
dont wish to get|receive (any|more|any more|your|these) texts|messages|calls|updates
never text|message|contact|call me|us|this
not to text|message|contact|call me|us (again|anymore)
please|kindly no texts|messages|texting|calls|calling
no texting
no longer want|wish (to get|to receive|to have) (your|these|any|the) texts|messages|calls|updates|texting
no longer wish to be contacted|texted|called
lose|delete|erase|forget|remove my (phone|cell|mobile) number
lose this number
delete|erase|remove my (phone) info|information|name from

# off the list
take me|us|my|this (number|name|phone) off
take (this|my) number off
taken|removed off|from (of) your|the|this|all list|lists
want you to take me off
remove me|us
remove my|this|the (phone|cell|mobile) number|name
remove from (the|your|this|all) list|lists
remove number
get me|us off (of) your|the|this list
off (of) your|the|this texting|text|calling|call|message|messaging|mailing list
put me on (your|the) do not call
delete me (from)
opt me|us out
opt out (of|from) (all|the|these|your|this|getting|receiving) (the|these|your) texts|messages|calls|text|texting|updates|sms|list|notifications|alerts|contact|program|programme
opting out (of|from) (all|the|these|your|this) (the|these|your) texts|messages|calls|text|texting|updates
want|like|wish|need|prefer|asked to opt out .
want|like|wish|need to unsubscribe
how do|can|to i unsubscribe
how do|can i opt out .
how do|can i stop (getting|receiving) (all|the|these|your) texts|messages|text|calls|updates
how do|can i get off (of) your|the|this list
unsubscribe me|us|my|from|this|please|now|all
please unsubscribe
i unsubscribe
i revoke (my|all)
revoke my|all (prior) consent|permission .
revoke my|all (prior) consent|permission [to text|to call|to contact|to be|for texts|for calls|for messages|for contact]
withdraw my consent (to|for) texts|messages|calls|texting
leave me|us alone
leave my phone alone
buzz off
fuck off
piss off

# Spanish
no mas mensajes|textos|llamadas|mensaje|texto
ya no mas mensajes|textos|llamadas
no (ya) me|nos escriban|escriba|escribas|llamen|llame|llames|manden|mande|mandes|envien|envie|envies|molesten|moleste|molestes|contacten|contacte|textee|texteen (mas|nada|mensajes|textos)
no (ya) me|nos vuelvan|vuelva|vuelvas a escribir|llamar|mandar|enviar|molestar|contactar
ya no me|nos escriban|escriba|escribas|llamen|llame|llames|manden|mande|mandes|envien|envie|envies|molesten|moleste|molestes|contacten|contacte
no quiero (recibir|recibir mas|mas|sus|estos|que me manden|que me envien|tener) (mas|sus|estos|los) mensajes|textos|llamadas
no quiero que me escriban|llamen|contacten|manden|envien|molesten
quiero|quisiera dejar de recibir
no quiero (ya) recibir (mas) nada
no (me) manden|mande|envien|envie|escriban|escriba mas
no deseo (recibir|mas) (mas|sus) mensajes|textos|llamadas
dejen|deje|deja|dejar|paren|pare|para|parar de escribirme|llamarme|mandarme|enviarme|molestarme|molestar|escribir|llamar|mandar|enviar|contactarme|textearme
dejen|deje|deja de mandar|enviar (me) mensajes|textos
paren|pare|parar|detener|detengan|detenga (ya|de) (los|estos|sus|todos los|las|con los) mensajes|textos|llamadas
cancelar|cancelen|cancele (los|estos|sus|todos los|las) mensajes|textos|llamadas|suscripcion
quitenme|quiteme|quitame|saquenme|saqueme|sacame|borrenme|borrame|borreme|eliminenme|elimineme
quiten|quite|borren|borre|eliminen|elimine mi numero|nombre
dejenme|dejeme|dejame en paz|tranquilo|tranquila
darme|denme|deme|dar de baja
alto (a|con) (los) mensajes|textos|llamadas
arretez|arreter de ecrire|mecrire|appeler|mappeler|envoyer|menvoyer|texter
`
