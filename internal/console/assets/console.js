// Keeps what stands in #live up to date. Where somebody is filling in a form there,
// nothing moves under their hands: a button says that there is news.
const live = document.getElementById("live");
const news = document.getElementById("news");
let waiting = "";

const inUse = () => live.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");

function show(html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  if (next.innerHTML.trim() === live.innerHTML.trim()) return;
  if (inUse()) {
    waiting = html;
    news.hidden = false;
    return;
  }
  const focus = live.contains(document.activeElement) ? document.activeElement.id : "";
  const list = live.querySelector(".timeline");
  const top = list ? list.scrollTop : 0;
  live.replaceChildren(next.content);
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  const again = live.querySelector(".timeline");
  if (again) again.scrollTop = top;
  live.dataset.shown = Number(live.dataset.shown || 0) + 1;
}

if (live) {
  const source = new EventSource(live.dataset.live);
  source.onmessage = (e) => show(e.data);
  source.onopen = () => { document.body.dataset.live = "on"; };
  source.onerror = () => { document.body.dataset.live = "off"; };
  addEventListener("pagehide", () => source.close());
  news.querySelector("button").addEventListener("click", () => {
    news.hidden = true;
    document.activeElement.blur();
    show(waiting);
  });
}

// A form is sent once.
addEventListener("submit", (e) => {
  for (const b of e.target.querySelectorAll("button")) setTimeout(() => { b.disabled = true; });
});
addEventListener("pageshow", () => {
  for (const b of document.querySelectorAll("form button")) b.disabled = false;
});
