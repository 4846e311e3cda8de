// What is heard: the line's words, spoken or at the pace of reading, and keys.

const synth = window.speechSynthesis;
let spoken = false;

export const voice = {
  able: () => Boolean(synth) && synth.getVoices().length > 0,
  changed: (act) => synth && synth.addEventListener("voiceschanged", act),

  // aloud switches between the voice and silence; what is being said goes on
  // at the pace of reading.
  aloud(on) {
    spoken = on;
    if (!on && synth) synth.cancel();
  },
};

// makeSpeaker gives the loudspeaker of one telephone. Two that speak at once
// are heard one after the other.
export function makeSpeaker() {
  let run = 0;
  let cut = () => {};
  let talking = false;

  const speaker = {
    busy: false,

    // say gives captions ({text, lang, item}) one after another, marks the item
    // of the one being said and hands it to begin. It resolves to true when all
    // is said, to false when something else was said or stop was called first.
    async say(captions, begin) {
      speaker.stop();
      const mine = run;
      speaker.busy = true;
      for (const c of captions) {
        begin(c.item);
        c.item.classList.add("saying");
        await sayOne(c, () => mine === run);
        c.item.classList.remove("saying");
        if (mine !== run) return false;
      }
      speaker.busy = false;
      return true;
    },

    stop() {
      run++;
      speaker.busy = false;
      cut();
      if (talking && synth) synth.cancel();
      talking = false;
    },
  };

  // Some browsers never end a long utterance, so it is given by the sentence.
  async function sayOne(caption, still) {
    for (const sentence of caption.text.split(/(?<=[.!?])\s+(?=[\p{Lu}\d¿¡])/u)) {
      if (!still()) return;
      talking = spoken;
      await new Promise((done) => { cut = spoken ? utter(sentence, caption.lang, done) : pause(sentence, done); });
    }
  }
  return speaker;
}

const words = (text) => text.split(/\s+/).filter(Boolean).length;
const readingTime = (text) => 250 + 230 * words(text); // milliseconds

// pause and utter give what ends them early.
function pause(sentence, done) {
  const id = setTimeout(done, readingTime(sentence));
  return () => { clearTimeout(id); done(); };
}

function utter(text, lang, done) {
  const u = new SpeechSynthesisUtterance(text);
  u.lang = lang || "en-US";
  u.rate = 0.98;
  // A voice that reports no end must not leave the caller waiting.
  const late = setTimeout(done, 4000 + 700 * words(text));
  const end = () => { clearTimeout(late); done(); };
  u.onend = u.onerror = end;
  synth.speak(u);
  return end;
}

// ITU-T Q.23: each key is the sum of its row's and its column's frequency.
const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477];
let audio = null;

// tone sounds a key for an eighth of a second, when the voice is on.
export function tone(key) {
  if (!spoken) return;
  audio = audio || new AudioContext();
  const place = "123456789*0#".indexOf(key);
  const volume = audio.createGain();
  volume.gain.value = 0.035;
  volume.connect(audio.destination);
  for (const hertz of [rows[Math.floor(place / 3)], columns[place % 3]]) {
    const o = audio.createOscillator();
    o.frequency.value = hertz;
    o.connect(volume);
    o.start();
    o.stop(audio.currentTime + 0.125);
  }
}
