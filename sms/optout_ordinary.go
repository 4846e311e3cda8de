package sms

// stopDenied says the opposite, or asks, or speaks of others. Such a phrase
// hides whatever begins inside it: "do not stop texting me" holds "stop texting
// me".
const stopDenied list = `
# wanting more of us, not less
dont (ever|you|please|just) stop
not (to|want to|want you to|want them to|want it to) stop
never (ever) stop
hope you never stop
didnt (mean|want|ask) (you|them|it) (to) stop|unsubscribe|cancel|quit|opt
dont want (you|this|them|it|the|these|to) (texts|updates|messages|calls) (to) stop
dont want to cancel|unsubscribe|quit
dont unsubscribe
not unsubscribe
dont opt (me|us) out
not opt (me|us) out
did (not|ever|accidentally) unsubscribe
dont|not remove|delete|cancel (me|us|my|the|it)
dont (ever) take me|us off
dont delete|erase|lose|forget my
dont leave me|us alone
not leave me|us alone
not cancelling|canceling

# questions about us
why did|do|does you|it|they|the|this|these|my|we (updates|texts|messages|calls) stop
when do|does|will|did|would you|they|it|the|these|this (updates|texts|messages|calls) stop
when will you (be) stop
did|have you|they|it stop (sending|texting|calling)
did the|these|my (updates|texts|messages|calls) stop
if i|we|you stop getting|receiving|hearing

# our own words, sent back
[text|reply|reply with|send|use] stop to (stop|end|cancel|quit|opt|unsubscribe)
says|said|saying (reply|text) stop (to stop|to end|to cancel)

# who does not text or call
dont text|call back
dont text while|and driving|drive
i|we|they|he|she|who|people|parents|kids|husband|wife|mother|father|mom|dad (really|usually|often|normally|always) dont text|message|sms
they|he|she|who|people|nobody|doctors|doctor|nurses|hospital|clinic|office|kids|children|surgeon|oncologist dont|never call|contact|text|phone|ring (me|us) (back) (again)
[if|in case] you|they|he|she|we|i|doctors|nurses dont call|contact|text|hear|reach|phone|ring|get (me|us)
i|we never call|text|contact
you never call|text (me) back
doesnt bother me|us
dont bother to|with|coming|sending|calling|telling
are|is|was|were|be|there|get|got|getting|had|have|has|received|hear|heard no more|longer (texts|messages|calls|updates)
`

// stopOrdinary has such a word in it and means something else. A phrase of
// stopPhrases that begins inside and reaches beyond it counts all the same:
// "tell them to stop" is ordinary, "tell them to stop texting me" is not.
const stopOrdinary list = `
# stop as an everyday word
bus|truck|train|metro|subway|tram|rest|next|last|first|one|pit|whistle|full|short|door stop
my|the|our|a|that|final|same|every|each stop is|was|on|at|near|by|before|after
non stop
stop by|in|over|off|sign|light|lights|watch|along|loss|gap|motion|near|between
stop worrying|crying|thinking|laughing|shaking|sweating|coughing|vomiting|bleeding|itching|hurting|hoping|wondering|fighting|believing|throwing
buck|buses|trains stop|stops
pain|bleeding|cough|fever|vomiting|nausea|diarrhea|hiccups|swelling|rash|hair|itching|numbness|tingling|it (finally|did|didnt|does|doesnt|will|wont|to|has|not) stop
wont|cant|couldnt|wouldnt|doesnt|havent stop
i|we|he|she|they (can|could|would|will|might|may|should|must|had|had to|have to|has to) (not|never) stop taking|eating|drinking|working|smoking|my|his|her|chemo|treatment
they|he|she|dr|doctor|doctors|oncologist|nurse|husband|wife said (to|i should|we should|he should|she should) stop
told|asked|advised|want|wants|wanted|tell|tells|telling|ordered|instructed|warned me|him|her|us|them to stop
stop|stops|stopping|quit|quits (the|his|her) taking|smoking|drinking|eating|working|driving|exercising|breastfeeding|treatment|treatments|chemotherapy|radiation|immunotherapy|tamoxifen|letrozole|prednisone|steroids|aspirin|ibuprofen|warfarin|eliquis|metformin|blood|medication|medications|medicine|meds|pills|growing|spreading|dialysis|hormone|keytruda|antibiotics|tobacco|alcohol|sugar|cigarettes|vaping|school|work|job
to stop the|my|his|her|a|it pain|bleeding|cancer|tumor|growth|spread|spreading|nausea|vomiting|cough

# quit, end, cancel and remove never count alone in a sentence. These would
# meet a phrase:
they|doctors|doctor|surgeon|trial|insurance|hospital (will|would|can|could|may|might|must|should|want to|wants to) remove|delete|drop me|us|my
they|doctors|doctor|surgeon (will|would|can|could|may|might|must|should|want to|wants to) take|leave me|us off|alone
wants|want|decided|plans|planning|going|like|hopes to take me|him|her off
doctor|oncologist took|take|takes me|him|her off
take me|him|her off (the|my|of|this|that|his|her) chemo|chemotherapy|treatment|medication|medications|medicine|meds|oxygen|ventilator|steroids|trial|study|tamoxifen|letrozole|keytruda|opdivo|prednisone|drug|drugs|insulin|warfarin|eliquis|antibiotics|work|immunotherapy|radiation|transplant|dialysis|morphine|opioids
remove|removed|removing my|the|this (left|right|whole|entire) tumor|breast|breasts|kidney|lung|prostate|uterus|ovaries|thyroid|stitches|port|drain|drains|bladder|spleen|mole|lump|stomach|colon|gallbladder|catheter|lymph|cyst|polyp|polyps|bandage|tube|stent|name of
take me|us off speaker|speakerphone|hold|mute
[remove my name from|take my name off] the|my|your (voice) voicemail|mail|form|forms|account|records|report|file|chart|door
never|wont|nurses|kids|children|family leave|leaves me|us alone
no longer want|wish chemo|surgery|treatment|radiation

# opting out, and revoking, of something else
opt out of (the|a|any|this|my) (genetic|clinical|medical) genetic|trial|study|surgery|chemo|chemotherapy|radiation|testing|treatment|test|insurance|plan|medicare|biopsy|research|transplant
revoke|revoked my|his|her|the license|licence|power|poa|passport|visa|driving|will

# Spanish
no pare|paren|dejen|deje|dejes de mandar|enviar|escribir|escribirme|mandarme|enviarme|llamar|llamarme
no quiero parar|cancelar|terminar
no me llaman|llamaron|escribieron|mandaron|contestan
parar|pare en|de fumar|tomar|beber|comer|trabajar
`
