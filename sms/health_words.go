package sms

// healthWords are what nobody should text (call script, S-nopii): words of an
// illness, its treatment and its papers. They only choose the answer; the text
// goes to a person all the same.
const healthWords list = `
# English
cancer|cancers|cancerous|tumor|tumors|tumour|tumours|lump|lumps|growth|malignant|benign
melanoma|lymphoma|leukemia|leukaemia|myeloma|carcinoma|sarcoma|glioblastoma|adenocarcinoma|mesothelioma|metastasis|metastases|metastatic|mets
chemo|chemotherapy|radiation|radiotherapy|immunotherapy|surgery|surgeries|operation|mastectomy|lumpectomy|transplant|transfusion|treatment|treatments|ventilator|mole|remission|relapse|recurrence|hospice|palliative
biopsy|biopsies|pathology|scan|scans|mri|xray|xrays|ultrasound|mammogram|colonoscopy|endoscopy|bloodwork|labs|psa
[ct|pet scan|a mass|x ray|x rays|blood test|blood tests|test result|test results|lab result|lab results|blood pressure|blood sugar|white count]
diagnosis|diagnosed|prognosis|symptom|symptoms
stage 0|1|2|3|4|i|ii|iv|ia|ib|iia|iib|iva|ivb|one|two|three|four
pain|painful|pains|hurts|hurting|ache|aches|headache|headaches|nausea|nauseous|vomiting|vomit|diarrhea|constipation|fever|chills|rash|swelling|swollen|numbness|tingling|dizzy|dizziness|fatigue|cough|coughing|infection|wound|blood|bloody|seizure|stroke
medication|medications|medicine|medicines|meds|prescription|prescriptions|dose|doses|dosage|mg|pill|pills|morphine|oxycodone|tamoxifen|letrozole|keytruda|opdivo|herceptin|prednisone|steroid|steroids|antibiotic|antibiotics|insulin|aspirin|ibuprofen|warfarin
[side effect|side effects]
diabetes|diabetic|hypertension|asthma|copd|hiv|hepatitis|allergy|allergic|kidney|kidneys|liver|lung|lungs|breast|breasts|prostate|pancreas|pancreatic|colon|ovary|ovaries|ovarian|uterus|cervical|thyroid|bladder|lymph
oncologist|oncology|tumour
my|the doctor|surgeon said|says|told|wants
pregnant|pregnancy

# Spanish
cancer|tumor|tumores|bulto|bultos|masa|maligno|benigno|metastasis|leucemia|linfoma
quimio|quimioterapia|radioterapia|radiacion|cirugia|operacion|trasplante|biopsia|patologia|tomografia|resonancia|mamografia|ecografia|radiografia|analisis|colonoscopia
diagnostico|diagnosticaron|pronostico|sintoma|sintomas|dolor|dolores|duele|duelen|fiebre|vomito|vomitos|nauseas|mareo|mareos|diarrea|sangre|hinchado|hinchazon|tos|infeccion
medicina|medicinas|medicamento|medicamentos|receta|pastilla|pastillas|dosis|efectos secundarios
oncologo|oncologa|embarazada|diabetes|higado|rinon|rinones|pulmon|pulmones|seno|senos|prostata|pancreas|ovario|ovarios
`

const health label = "health"

var healthAnywhere = compile(map[label]list{health: healthWords, ordinary: healthOrdinary})

// healthOrdinary has such a word in it and tells nothing of the person: above
// all the names of what we do, and of who does it.
const healthOrdinary list = `
cancer center|centre|institute|care
test message|messages
hours of operation
centro de cancer
`
