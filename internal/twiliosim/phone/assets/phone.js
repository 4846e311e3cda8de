// The telephone's behaviour: one queue of inputs, one view, one timer.
import { grow, make, showTraffic } from "/lists.js";
import { speech, tone } from "/voice.js";

const $ = (id) => document.getElementById(id);
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const kept = sessionStorage;

// rest: the visitor is choosing the next call, whatever became of the last.
// spoken: how many captions have been said. since: when the call began.
// live: what comes now is news, no longer what was there when the page loaded.
const state = {
  view: null,
  call: kept.getItem("call") || "",
  since: Number(kept.getItem("since")),
  rest: !kept.getItem("call"),
  spoken: -1,
  live: false,
};

// ---- Talking to the exchange -------------------------------------------

// Inputs go out one after another, in the order in which they were made.
// Hanging up drops those that still wait.
let queue = Promise.resolve();
let era = 0;

function send(operation, fields = {}) {
  timer.stop();
  const mine = era;
  queue = queue.then(async () => {
    if (mine !== era) return;
    const view = await post(operation, fields);
    if (view && mine === era) show(view);
  });
  return queue;
}

async function post(operation, fields) {
  try {
    const answer = await fetch("/phone/" + operation, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ call: state.call, ...fields }),
    });
    const body = await answer.json();
    if (answer.ok) return body;
    tell(body.error.message);
    return recover(operation, body.error.code);
  } catch {
    tell("The demonstration does not answer. Is it still running?");
    return null;
  }
}

// After a refusal the page shows what is, instead of what it believed.
function recover(operation, code) {
  if (operation === "view") return null;
  if (code === "no_call") state.call = "";
  return post("view", {});
}

let toastEnds = 0;
function tell(message) {
  $("toast").textContent = message;
  $("toast").hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => { $("toast").hidden = true; }, 9000);
}

// ---- Time with nothing pressed -------------------------------------------

const timer = {
  id: 0,
  start() {
    timer.stop();
    const seconds = state.view.await.timeoutSeconds;
    if (!seconds || !$("limits").checked) return;
    let left = seconds;
    const step = reduced.matches ? 1 : 0.25;
    timer.draw(1);
    timer.id = setInterval(() => {
      if (document.hidden || writing()) return;
      left -= step;
      timer.draw(Math.max(left, 0) / seconds);
      if (left <= 0) send("silence");
    }, step * 1000);
  },
  stop() {
    clearInterval(timer.id);
    timer.draw(0);
  },
  draw(share) { $("left").style.strokeDashoffset = String(100 - 100 * share); },
};

// Who is typing an answer is not silent.
const writing = () => !$("voice").hidden && $("words").value.trim() !== "";

// ---- Pressing -------------------------------------------------------------

function press(key) {
  const awaits = state.view ? state.view.await.kind : "none";
  if (!["keys", "recording", "ringing"].includes(awaits)) return;
  speech.stop();
  tone(key);
  flash(key);
  if (awaits === "recording" && key === "#") return done();
  send("press", { keys: key });
}

function done() {
  const said = $("words").value.trim();
  $("words").value = "";
  speech.stop();
  send("speak", { words: said });
}

function flash(key) {
  const b = document.querySelector(`[data-key="${key}"]`);
  b.classList.add("down");
  setTimeout(() => b.classList.remove("down"), 140);
}

function typed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.target.closest("textarea, select, #reply")) return;
  if (/^[0-9*#]$/.test(event.key)) {
    event.preventDefault();
    press(event.key);
  }
}

// ---- Showing ----------------------------------------------------------------

function show(view) {
  if (state.rest && view.status === "ended") view = atRest(view);
  const focused = document.activeElement;
  if (view.call !== state.call) fresh(view.call);
  state.view = view;
  document.body.dataset.status = view.status;
  document.body.dataset.await = view.await.kind;
  showCall(view);
  showScene(view);
  showCase(view);
  showTexts(view);
  showTraffic($("traffic"), view.traffic);
  $("trips").textContent = view.traffic.length;
  keepFocus(focused, view.status);
  follow(view.captions);
}

// fresh forgets the call before.
function fresh(call) {
  speech.stop();
  state.call = call;
  state.spoken = 0;
  state.since = Date.now();
  kept.setItem("call", call);
  kept.setItem("since", state.since);
  for (const id of ["captions", "traffic"]) $(id).replaceChildren();
}

// follow lets the line speak what is new, then starts the time to answer. A
// page loaded in the middle of a call begins with the line's latest words.
async function follow(captions) {
  const from = state.spoken < 0 ? turnBegins(captions) : state.spoken;
  state.spoken = captions.length;
  const aloud = captions
    .map((c, i) => ({ ...c, item: $("captions").children[i] }))
    .slice(from)
    .filter((c) => c.who === "line" || c.who === "coordinator");
  if (!aloud.length && speech.busy) return;
  if (await speech.say(aloud, keepInSight)) timer.start();
}

const places = { idle: "Ready to call", "in-call": "In a call", talking: "With a coordinator", ended: "Call ended" };

function showCall(view) {
  const open = view.status === "in-call" || view.status === "talking";
  const idle = view.status === "idle";
  const awaits = open ? view.await.kind : "none";
  $("dial").hidden = !idle;
  $("call").hidden = idle;
  $("ring").hidden = !idle;
  $("hangup").hidden = !open;
  $("again").hidden = view.status !== "ended";
  $("talk").hidden = view.status !== "talking";
  $("over").hidden = view.status !== "ended";
  $("where").textContent = awaits === "ringing" ? "Ringing a coordinator" : places[view.status];
  $("wait").disabled = !["keys", "recording", "ringing"].includes(awaits);
  for (const key of $("keys").children) key.disabled = $("wait").disabled;
  showVoice(awaits === "recording");
  showKeyed(view.await, awaits === "keys");
  showCaptions(view.captions);
  if (idle) $("length").textContent = "";
}

function showVoice(recording) {
  const begins = recording && $("voice").hidden;
  $("voice").hidden = !recording;
  // On a touch screen the keyboard would cover what the line says.
  if (begins && !matchMedia("(pointer: coarse)").matches) $("words").focus({ preventScroll: true });
  if (!recording) $("words").value = "";
}

function showKeyed(awaits, keys) {
  const empty = Math.max(0, awaits.maxDigits - awaits.digits.length);
  const places = awaits.maxDigits > 1 && awaits.maxDigits <= 12 ? "·".repeat(empty) : "";
  $("digits").textContent = awaits.digits + places;
  $("keyed").hidden = !keys || !(awaits.digits + places);
}

// What had the focus and is gone hands it on, so that a keyboard is never lost.
// It does not go to Hang up, where one key too many would end the call.
function keepFocus(focused, status) {
  if (focused === document.body || focused.getClientRects().length) return;
  const next = { idle: "ring", ended: "again" }[status] || "captions";
  $(next).focus({ preventScroll: true });
}

function showCaptions(captions) {
  const list = $("captions");
  const now = turnBegins(captions);
  captions.forEach((c, i) => {
    const item = list.children[i] || list.appendChild(document.createElement("li"));
    if (item.textContent !== c.text) item.textContent = c.text;
    item.className = c.who + (i >= now ? " now" : "") + (item.classList.contains("saying") ? " saying" : "");
    item.lang = c.lang || "en-US";
    item.title = c.at;
  });
  while (list.children.length > captions.length) list.lastChild.remove();
  if (list.children[now] && now >= state.spoken) reveal(list.children[now]);
  else list.scrollTop = list.scrollHeight;
}

// turnBegins is where the line's latest words begin.
function turnBegins(captions) {
  let i = captions.length;
  while (i > 0 && captions[i - 1].who === "caller") i--;
  while (i > 0 && captions[i - 1].who !== "caller") i--;
  return i;
}

// reveal brings a caption to the top of the screen as far as there is room.
function reveal(item) {
  $("captions").scrollTo({ top: item.offsetTop - 16, behavior: reduced.matches ? "auto" : "smooth" });
}

// keepInSight scrolls no more than what is being said needs.
function keepInSight(item) {
  const list = $("captions");
  if (item.offsetTop + item.offsetHeight > list.scrollTop + list.clientHeight) reveal(item);
}

function showScene(view) {
  $("now").textContent = view.now;
  $("hours").textContent = view.hours;
  if (view.callee) $("callee").value = view.callee;
}

function showCase(view) {
  $("stage").hidden = !view.stage;
  $("stage").textContent = view.stage;
  $("number").hidden = !view.number;
  $("number").replaceChildren("Request number ", make("b", view.number));
  $("empty").hidden = view.case.length > 0 || Boolean(view.stage);
  grow($("case"), view.case, (f) => [make("span", f.label), make("b", f.value), make("small", f.when)]);
}

function showTexts(view) {
  const known = $("texts").children.length;
  if (view.texts.length) $("texts-card").hidden = false;
  const grew = grow($("texts"), view.texts, (t, item) => {
    item.classList.toggle("mine", !t.fromLine);
    return [t.words, make("small", t.at)];
  });
  if (grew) $("texts").scrollTop = $("texts").scrollHeight;
  // On a small screen the messages are far below the telephone.
  const last = view.texts.at(-1);
  const news = state.live && view.texts.length > known && last.fromLine;
  if (news && $("texts-card").getBoundingClientRect().top > innerHeight) tell("New text message: " + last.words);
  state.live = true;
}

// ---- Starting ----------------------------------------------------------------

function ring() {
  const chosen = new FormData($("dial"));
  state.rest = false;
  const phone = document.querySelector(".phone");
  if (phone.getBoundingClientRect().top < 0) phone.scrollIntoView();
  send("ring", { line: chosen.get("line"), caller: chosen.get("caller") });
}

function hangUp(operation) {
  speech.stop();
  era++;
  send(operation);
}

// atRest is a view with the call taken off the screen.
const atRest = (view) => ({
  ...view, call: "", status: "idle", captions: [],
  await: { kind: "none", digits: "", maxDigits: 0, timeoutSeconds: 0 },
});

function chooseAgain() {
  state.rest = true;
  show(state.view);
}

const on = (id, event, act) => $(id) && $(id).addEventListener(event, act);
const submit = (act) => (event) => { event.preventDefault(); act(); };

on("dial", "submit", submit(ring));
on("again", "click", ring);
on("change", "click", chooseAgain);
on("hangup", "click", () => hangUp("hangup"));
on("remote", "click", () => hangUp("remote-hangup"));
on("wait", "click", () => { speech.stop(); send("silence"); });
on("voice", "submit", submit(done));
on("words", "keydown", (e) => { if (e.key === "#" || (e.key === "Enter" && !e.shiftKey)) { e.preventDefault(); done(); } });
on("keys", "click", (e) => { const key = e.target.closest("[data-key]"); if (key) press(key.dataset.key); });
on("callee", "change", (e) => send("callee", { behaviour: e.target.value }));
on("reply", "submit", submit(() => {
  const said = $("reply-words").value.trim();
  $("reply-words").value = "";
  if (said) send("text", { words: said });
}));
on("aloud", "change", () => {
  kept.setItem("aloud", $("aloud").checked ? "yes" : "no");
  chooseVoice();
});
on("limits", "change", () => {
  timer.stop();
  if (state.view && !speech.busy) timer.start();
});
document.querySelectorAll("[data-clock]").forEach((b) => b.addEventListener("click", () => send("clock", { to: b.dataset.clock })));
document.addEventListener("keydown", typed);
addEventListener("pagehide", speech.stop);

setInterval(() => {
  const open = state.view && (state.view.status === "in-call" || state.view.status === "talking");
  if (!open) return;
  const s = Math.floor((Date.now() - state.since) / 1000);
  $("length").textContent = Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
}, 500);

// chooseVoice offers speech where the browser has a voice. While the page
// speaks, a screen reader need not read the same words.
function chooseVoice() {
  const able = speech.able();
  if (able && $("aloud").disabled) $("aloud").checked = kept.getItem("aloud") !== "no";
  $("aloud").disabled = !able;
  if (!able) $("aloud").checked = false;
  speech.aloud($("aloud").checked);
  $("captions").setAttribute("aria-live", $("aloud").checked ? "off" : "polite");
}

$("aloud").disabled = true;
chooseVoice();
speech.changed(chooseVoice);
send("view");
