// The coordinators' telephones: one panel each, with a loudspeaker and a clock
// of its own.
import { make } from "/lists.js";
import { makeSpeaker } from "/voice.js";
import { makeTimer } from "/time.js";

const doing = {
  idle: "At rest", ringing: "Ringing: Second opinion line", "in-call": "On the line",
  talking: "Talking with the caller", ended: "The call has ended",
};

const panels = new Map();
let act = () => {};

// connect tells the panels where their inputs go: act(operation, fields) for
// what the visitor does, with quiet set for time that has passed.
export function connect(to) {
  act = to;
  for (const root of document.querySelectorAll("[data-desk]")) {
    panels.set(root.dataset.desk, { root, call: "", seen: "", spoken: -1, speaker: makeSpeaker(), timer: makeTimer() });
    root.addEventListener("click", (e) => clicked(root, e.target.closest("button")));
    sight.observe(root);
  }
  banner.addEventListener("click", goToIt);
}

export const showDesks = (coordinators) => {
  for (const c of coordinators) showDesk(panels.get(c.id), c);
  ringBanner();
};

export const silenceDesks = () => panels.forEach((p) => p.speaker.stop());

// pressDesk types a key on a panel.
export function pressDesk(root, key) {
  const p = panels.get(root.dataset.desk);
  if (!keyed(p.root.dataset.await)) return;
  p.speaker.stop();
  p.timer.stop();
  act("press", { call: p.call, keys: key });
}

function clicked(root, button) {
  const p = panels.get(root.dataset.desk);
  if (!button) return;
  if (button.dataset.pad) return pressDesk(root, button.dataset.pad);
  p.speaker.stop();
  p.timer.stop();
  act(button.dataset.act, { call: p.call });
}

function showDesk(p, c) {
  const seen = JSON.stringify(c);
  if (!p || seen === p.seen) return;
  p.seen = seen;
  p.name = c.name;
  if (c.call !== p.call) {
    // What was there when the page loaded is not said again.
    p.spoken = p.spoken < 0 ? c.captions.length : 0;
    p.call = c.call;
    p.speaker.stop();
    part(p, ".heard").replaceChildren();
  }
  p.root.dataset.status = c.status;
  p.root.dataset.await = c.await.kind;
  const ringing = c.status === "ringing";
  const open = c.status === "in-call" || c.status === "talking";
  if (part(p, ".doing").textContent !== doing[c.status]) part(p, ".doing").textContent = doing[c.status];
  part(p, ".heard").hidden = !c.captions.length || ringing;
  part(p, ".pad").hidden = c.status !== "in-call";
  for (const key of part(p, ".pad").children) key.disabled = !keyed(c.await.kind);
  part(p, ".pickup").hidden = !ringing;
  part(p, ".down").hidden = !ringing && !open;
  part(p, ".down").textContent = ringing ? "Decline" : "Hang up";
  hear(p, c);
}

const keyed = (awaits) => awaits === "keys" || awaits === "recording";
const part = (p, css) => p.root.querySelector(css);

// hear shows what is new, says it, and then lets the time run.
async function hear(p, c) {
  const list = part(p, ".heard");
  c.captions.forEach((caption, i) => {
    const item = list.children[i] || list.appendChild(make("li", caption.text, caption.who));
    if (item.textContent !== caption.text) item.textContent = caption.text;
    item.lang = caption.lang || "en-US";
  });
  while (list.children.length > c.captions.length) list.lastChild.remove();
  const latest = list.children[c.captions.findLastIndex((caption) => caption.who === "line")];
  list.scrollTop = latest && c.status === "in-call" ? latest.offsetTop - 6 : list.scrollHeight;
  const from = p.spoken < 0 ? c.captions.length : p.spoken;
  p.spoken = c.captions.length;
  p.timer.stop();
  const aloud = c.captions.map((caption, i) => ({ ...caption, item: list.children[i] })).slice(from).filter((x) => x.who === "line");
  if (!aloud.length && p.speaker.busy && c.status === "in-call") return;
  if (await p.speaker.say(aloud, () => {})) p.timer.start(c.await.timeoutSeconds, () => act("silence", { call: c.call }, true));
}

// ---- A telephone that rings out of sight ------------------------------------

const banner = document.getElementById("banner");
const inSight = new Set();
const sight = new IntersectionObserver((entries) => {
  for (const e of entries) inSight[e.isIntersecting ? "add" : "delete"](e.target);
  ringBanner();
}, { threshold: 0.5 });

const unseen = () => [...panels.values()].find((p) => p.root.dataset.status === "ringing" && !inSight.has(p.root));

function ringBanner() {
  const p = unseen();
  banner.hidden = !p;
  if (p) banner.firstElementChild.textContent = p.name + "’s telephone rings.";
}

function goToIt() {
  const p = unseen();
  if (!p) return;
  p.root.scrollIntoView({ block: "center" });
  part(p, ".pickup").focus({ preventScroll: true });
}
