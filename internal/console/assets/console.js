// Keeps what stands in #live up to date, or the parts of a page that has several.
// Forms stand outside of them: nothing moves under the hands of somebody who fills one
// in. Focus and scrolling stay.
const live = document.getElementById("live");

function show(html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  const parts = next.content.querySelectorAll("[data-part]");
  if (!parts.length) return put(live, next.innerHTML, next.content);
  for (const part of parts) {
    const place = document.querySelector(`main [data-part="${part.dataset.part}"]`);
    const content = document.createDocumentFragment();
    const text = part.innerHTML;
    content.append(...part.childNodes);
    if (place) put(place, text, content);
  }
}

function put(place, text, content) {
  if (text.trim() === place.innerHTML.trim()) return;
  const focus = place.contains(document.activeElement) ? document.activeElement : null;
  const top = place.querySelector(".timeline")?.scrollTop ?? 0;
  place.replaceChildren(content);
  const list = place.querySelector(".timeline");
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
