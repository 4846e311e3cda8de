// The page's behaviour: one queue of inputs, one view, and the caller's telephone.
import { connect, pressDesk, showDesks, silenceDesks } from "/desk.js";
import { grow, make, showTraffic } from "/lists.js";
import { makeTimer } from "/time.js";
import { makeSpeaker, tone, voice } from "/voice.js";

const $ = (id) => document.getElementById(id);
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const kept = sessionStorage;
const speech = makeSpeaker();

// rest: the visitor is choosing the next call, whatever became of the last.
// spoken: how many captions have been said. since: when the call began.
// live: what comes now is news, no longer what was there when the page loaded.
// turn: what of a view the caller has to react to. away: nothing answers.
const state = {
  view: null,
  call: kept.getItem("call") || "",
  since: Number(kept.getItem("since")),
  rest: !kept.getItem("call"),
  spoken: -1,
  live: false,
  turn: "",
  away: false,
};

// ---- Talking to the exchange -------------------------------------------

// Inputs go out one after another, in the order in which they were made.
// Hanging up drops those of the caller's that still wait.
let queue = Promise.resolve();
let waiting = 0;
let era = 0;

function enqueue(work) {
  waiting++;
  queue = queue.then(work).finally(() => { waiting--; });
  return queue;
}

// send is for the caller's telephone and the scenery.
function send(operation, fields = {}) {
  timer.stop();
  const mine = era;
  return enqueue(async () => {
    if (mine !== era) return;
    const view = await post(operation, fields);
    if (view && mine === era) show(view);
  });
}

// look is for everything else: the caller need not notice.
function look(operation, fields, quiet) {
  return enqueue(async () => {
    const view = await post(operation, fields, quiet);
    if (view) show(view, true);
  });
}

async function post(operation, fields, quiet) {
  try {
    const answer = await fetch("/phone/" + operation, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ call: state.call, ...fields }),
    });
    state.away = false;
    if (answer.status === 204) return null;
    const body = await answer.json();
    if (answer.ok) return { ...body, tag: answer.headers.get("ETag") };
    return recover(operation, fields, body.error, quiet);
  } catch {
    if (!quiet || !state.away) tell("The demonstration does not answer. Is it still running?");
    state.away = true;
    return null;
  }
}

// After a refusal the page shows what is, instead of what it believed.
function recover(operation, fields, error, quiet) {
  const lost = error.code === "no_call" && !("call" in fields);
  if (!quiet || lost) tell(error.message);
  if (lost) state.call = "";
  return operation !== "view" || lost ? post("view", {}, true) : null;
}

let toastEnds = 0;
function tell(message) {
  $("toast").textContent = message;
  $("toast").hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => { $("toast").hidden = true; }, 9000);
}

// Who is typing an answer is not silent.
const writing = () => !$("voice").hidden && $("words").value.trim() !== "";
const timer = makeTimer((share) => { $("left").style.strokeDashoffset = String(100 - 100 * share); }, writing);
const startTimer = () => timer.start(state.view.await.timeoutSeconds, () => send("silence"));

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
  if (event.target.closest("textarea, select, #reply, #moment") || !/^[0-9*#]$/.test(event.key)) return;
  event.preventDefault();
  const desk = event.target.closest("[data-desk]");
  if (desk) pressDesk(desk, event.key);
  else press(event.key);
}

// ---- Showing ----------------------------------------------------------------

// show draws a view; asked says that the page asked for it, so that only what
// is new may disturb the caller.
function show(view, asked) {
  if (state.rest && view.status === "ended") view = atRest(view);
  const focused = document.activeElement;
  if (view.call !== state.call) fresh(view.call);
  state.view = view;
  document.body.dataset.status = view.status;
  document.body.dataset.await = view.await.kind;
  document.body.dataset.ready = "";
  showCall(view);
  showScene(view);
  showPromise(view.promise);
  showCase(view);
  showTexts(view);
  showTraffic($("traffic"), view.traffic);
  $("trips").textContent = view.traffic.length;
  showDesks(view.coordinators);
  keepFocus(focused, view.status);
  const turn = JSON.stringify([view.call, view.status, view.await, view.captions.length]);
  const same = turn === state.turn;
  state.turn = turn;
  if (!asked || !same) follow(view.captions);
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
  if (await speech.say(aloud, keepInSight)) startTimer();
}

const places = { idle: "Ready to call", ringing: "Ringing: Second opinion line", "in-call": "In a call", talking: "With a coordinator", ended: "Call ended" };

function showCall(view) {
  const open = view.status === "in-call" || view.status === "talking";
  const idle = view.status === "idle";
  const ringing = view.status === "ringing";
  const awaits = open ? view.await.kind : "none";
  $("dial").hidden = !idle;
  $("call").hidden = idle;
  $("ring").hidden = !idle;
  $("pickup").hidden = !ringing;
  $("hangup").hidden = !open && !ringing;
  $("hangup").textContent = ringing ? "Decline" : "Hang up";
  if (ringing && $("rings").hidden && document.querySelector(".phone").getBoundingClientRect().bottom < innerHeight / 2) tell("The patient’s telephone rings.");
  $("rings").hidden = !ringing;
  $("again").hidden = view.status !== "ended";
  $("talk").hidden = view.status !== "talking";
  $("over").hidden = view.status !== "ended";
  showPlace(view.await.holding ? "Waiting for a coordinator" : awaits === "ringing" ? "Ringing a coordinator" : places[view.status]);
  $("wait").disabled = !["keys", "recording", "ringing"].includes(awaits);
  for (const key of $("keys").children) key.disabled = $("wait").disabled;
  showVoice(awaits === "recording");
  showKeyed(view.await, awaits === "keys");
  showCaptions(view.captions);
  if (idle) $("length").textContent = "";
}

// A screen reader reads only what changes.
function showPlace(words) {
  if ($("where").textContent !== words) $("where").textContent = words;
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
  const desk = focused.closest("[data-desk]");
  if (desk) return desk.querySelector(desk.dataset.status === "ringing" ? ".pickup" : ".heard").focus({ preventScroll: true });
  const next = { idle: "ring", ended: "again", ringing: "pickup" }[status] || "captions";
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
  if (view.callee && $("callee")) $("callee").value = view.callee;
  if (!("touched" in $("moment-at").dataset)) $("moment-at").value = view.clock;
  view.changes.forEach((change, i) => {
    const button = $("changes").children[i];
    if (button) [button.dataset.clock, button.textContent] = [change.id, change.label];
  });
}

function showPromise(promise) {
  if (!$("deliver")) return;
  const made = Boolean(promise.state);
  $("promise-state").hidden = !made;
  $("promise-state").textContent = promise.state;
  $("promise-state").dataset.state = promise.state;
  if (made) $("promise-by").textContent = promise.by;
  if (made) $("deliver").textContent = "Deliver it again";
  $("promise-next").hidden = !made;
  $("promise-next").replaceChildren(make("b", "Next: "), promise.next);
  if (grow($("promise-log"), promise.log, (f) => [make("small", f.when), make("span", f.value)])) $("promise-log").scrollTop = $("promise-log").scrollHeight;
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
    return [t.words, make("small", [t.at, t.state].filter(Boolean).join(", "))];
  });
  if (grew) $("texts").scrollTop = $("texts").scrollHeight;
  // On a small screen the messages are far below the telephone.
  const last = view.texts.at(-1);
  const news = state.live && view.texts.length > known && last.fromLine;
  if (news && $("texts-card").getBoundingClientRect().top > innerHeight) tell("New text message: " + last.words);
  if (view.carrier && $("carrier")) $("carrier").value = view.carrier;
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

// What was typed stays until the clock has moved.
async function setClock(to) {
  const before = state.view.clock;
  await look("clock", { to });
  if (state.view.clock === before) return;
  delete $("moment-at").dataset.touched;
  showScene(state.view);
}

const on = (id, event, act) => $(id) && $(id).addEventListener(event, act);
const submit = (act) => (event) => { event.preventDefault(); act(); };

on("dial", "submit", submit(ring));
on("again", "click", ring);
on("pickup", "click", () => send("pickup"));
on("deliver", "click", () => look("deliver", {}));
on("change", "click", chooseAgain);
on("hangup", "click", () => hangUp("hangup"));
on("remote", "click", () => hangUp("remote-hangup"));
on("wait", "click", () => { speech.stop(); send("silence"); });
on("voice", "submit", submit(done));
on("words", "keydown", (e) => { if (e.key === "#" || (e.key === "Enter" && !e.shiftKey)) { e.preventDefault(); done(); } });
on("keys", "click", (e) => { const key = e.target.closest("[data-key]"); if (key) press(key.dataset.key); });
on("carrier", "change", (e) => look("carrier", { behaviour: e.target.value }));
on("callee", "change", (e) => look("callee", { behaviour: e.target.value }));
on("reply", "submit", submit(() => {
  const said = $("reply-words").value.trim();
  $("reply-words").value = "";
  if (said) send("text", { words: said });
}));
on("aloud", "change", () => {
  kept.setItem("aloud", $("aloud").checked ? "yes" : "no");
  chooseVoice();
});
on("clocks", "click", (e) => { const b = e.target.closest("[data-clock]"); if (b) setClock(b.dataset.clock); });
on("moment", "submit", submit(() => setClock($("moment-at").value)));
on("moment-at", "input", () => { $("moment-at").dataset.touched = ""; });
document.addEventListener("keydown", typed);
addEventListener("pagehide", () => { speech.stop(); silenceDesks(); });

setInterval(() => {
  const open = state.view && (state.view.status === "in-call" || state.view.status === "talking");
  if (!open) return;
  const s = Math.floor((Date.now() - state.since) / 1000);
  $("length").textContent = Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
}, 500);

// chooseVoice offers speech where the browser has a voice. While the page
// speaks, a screen reader need not read the same words.
function chooseVoice() {
  const able = voice.able();
  if (able && $("aloud").disabled) $("aloud").checked = kept.getItem("aloud") !== "no";
  $("aloud").disabled = !able;
  if (!able) $("aloud").checked = false;
  voice.aloud($("aloud").checked);
  const live = $("aloud").checked ? "off" : "polite";
  document.querySelectorAll("#captions, .heard").forEach((log) => log.setAttribute("aria-live", live));
}

$("aloud").disabled = true;
chooseVoice();
voice.changed(chooseVoice);
connect(look);
send("view");
setInterval(() => {
  if (!document.hidden && !waiting) look("view", { seen: state.view ? state.view.tag : "" }, true);
}, 1000);
