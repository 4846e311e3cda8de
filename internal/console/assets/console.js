// Keeps what stands in #live up to date. Forms stand outside of it: nothing moves
// under the hands of somebody who fills one in. Focus and scrolling stay.
const live = document.getElementById("live");

function show(html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  if (next.innerHTML.trim() === live.innerHTML.trim()) return;
  const focus = live.contains(document.activeElement) ? document.activeElement : null;
  const top = live.querySelector(".timeline")?.scrollTop ?? 0;
  live.replaceChildren(next.content);
  const list = live.querySelector(".timeline");
  if (list) list.scrollTop = top;
  if (focus?.id) document.getElementById(focus.id)?.focus({ preventScroll: true });
  else if (focus?.matches(".timeline")) list?.focus({ preventScroll: true });
}

if (live) {
  const source = new EventSource(live.dataset.live);
  source.onmessage = (e) => show(e.data);
  source.onopen = () => { document.body.dataset.live = "on"; };
  source.onerror = () => { document.body.dataset.live = "off"; };
  addEventListener("pagehide", () => source.close());
}

// A form is sent once.
addEventListener("submit", (e) => {
  for (const b of e.target.querySelectorAll("button")) setTimeout(() => { b.disabled = true; });
});
addEventListener("pageshow", () => {
  for (const b of document.querySelectorAll("form button")) b.disabled = false;
});
