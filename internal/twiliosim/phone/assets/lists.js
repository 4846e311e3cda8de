// Lists that grow as the call goes on.

// grow fills a list anew where it changed, marks what is new, and says if any is.
export function grow(list, things, fill) {
  let grew = false;
  things.forEach((thing, i) => {
    const key = JSON.stringify(thing);
    const item = list.children[i] || list.appendChild(document.createElement("li"));
    if (item.dataset.is === key) return;
    item.dataset.is = key;
    item.replaceChildren(...fill(thing, item));
    item.classList.remove("fresh");
    requestAnimationFrame(() => item.classList.add("fresh"));
    grew = true;
  });
  while (list.children.length > things.length) list.lastChild.remove();
  return grew;
}

export function make(tag, text, className) {
  const e = document.createElement(tag);
  e.textContent = text;
  if (className) e.className = className;
  return e;
}

// showTraffic puts new trips on top; those that were opened stay open.
export function showTraffic(list, trips) {
  if (list.children.length > trips.length) list.replaceChildren();
  for (const trip of trips.slice(list.children.length)) list.prepend(tripItem(trip));
}

function tripItem(trip) {
  const item = document.createElement("li");
  const details = item.appendChild(document.createElement("details"));
  const head = details.appendChild(document.createElement("summary"));
  head.append(
    make("span", trip.out ? "To Twilio" : "To line", "way"),
    make("code", trip.method + " " + trip.path),
    make("span", trip.status || "no answer", "pill" + (trip.status >= 200 && trip.status < 400 ? "" : " bad")),
  );
  const fields = details.appendChild(document.createElement("dl"));
  for (const [name, value] of trip.fields) fields.append(make("dt", name), make("dd", value));
  if (trip.twiml) details.appendChild(twiml(trip.twiml));
  return item;
}

function twiml(source) {
  const pre = document.createElement("pre");
  for (const part of source.split(/(<[^>]*>)/)) pre.append(part.startsWith("<") ? make("i", part) : part);
  return pre;
}
