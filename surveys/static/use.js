// How this screen is used: times, changes, slips of the finger. Measured in the page, sent along with the answer in
// the field "use", kept nowhere else. Nothing here is needed to answer.
"use strict";
const NEAR = 1500; // ms in which a correction to a neighbouring row is a slip
const PASSING = /^(Tab|Arrow.*| )$/; // keys that go through the rows one by one
const root = document.documentElement;
const spoken = root.lang;
const seen = new Map(); // how often each screen was shown since the page was loaded
let use = {};
let shown = 0;
let loaded = true;
let device = null;
let here = "";
let last = null; // the choice that stands: its row or value, and since when

const open = () => {
  const field = document.querySelector("form [name=answer]");
  return field && field.form;
};
const look = () => {
  const row = document.querySelector(".rows .row");
  return {
    viewport_width: innerWidth,
    viewport_height: innerHeight,
    row_height: row ? Math.round(row.getBoundingClientRect().height) : null,
    text_size: Math.round(parseFloat(getComputedStyle(root).fontSize) / 0.18), // per cent of 18 px
    orientation: innerWidth > innerHeight ? "landscape" : "portrait",
  };
};
const since = () => {
  const paint = loaded && performance.getEntriesByName("first-contentful-paint")[0];
  return Math.max(0, Math.round(performance.now() - (paint ? paint.startTime : shown)));
};
const returned = (form) => {
  const entry = performance.getEntriesByType("navigation")[0];
  return form.querySelector("[value=clear]") || (loaded && entry && entry.type === "back_forward") ? 1 : 0;
};
const begin = () => {
  const form = open();
  if (!form) return;
  const address = (form.getAttribute("action") || "").split("?")[0];
  const backs = seen.has(address) ? seen.get(address) + (address !== here) : returned(form);
  seen.set(address, backs);
  here = address;
  shown = performance.now();
  const fields = [...form.querySelectorAll("[name=answer]")];
  const standing = fields[0].type === "radio" ? fields.findIndex((field) => field.checked) : fields[0].value;
  last = standing === -1 || standing === "" ? null : { choice: standing, at: -NEAR };
  use = { first_input_ms: null, confirmed_ms: null, changes: 0, slips: 0, backs, pointer: null, input_path: null };
  Object.assign(use, look());
};
const touch = (path) => {
  if (use.first_input_ms === null) use.first_input_ms = since();
  use.pointer = device;
  use.input_path = path;
};
const choose = (choice) => {
  const quick = last && performance.now() - last.at < NEAR;
  const passing = quick && device === "keyboard"; // arrow keys choose every row on their way
  if (last && last.choice !== choice && !passing) {
    use.changes += 1;
    if (quick && Math.abs(last.choice - choice) === 1 && typeof choice === "number") use.slips += 1;
  }
  last = { choice, at: performance.now() };
};
const translated = () =>
  /translated-/.test(root.className) || root.lang !== spoken || !!document.querySelector("main font, [_msttexthash]");

document.addEventListener("pointerdown", (event) => (device = event.pointerType || null), true);
document.addEventListener("keydown", (event) => PASSING.test(event.key) && (device = "keyboard"), true);
document.addEventListener("input", (event) => {
  if (event.target.name === "answer") touch(event.target.type === "radio" ? null : "typed");
});
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.name !== "answer") return;
  choose(field.type === "radio" ? [...field.form.querySelectorAll("[name=answer]")].indexOf(field) : field.value);
});
document.addEventListener("click", (event) => {
  const form = open();
  const stepped = event.target.closest(".steps button");
  if (!form || !(stepped || event.target.closest(".track"))) return;
  touch(stepped ? "stepped" : "tapped");
  if (stepped) last = { choice: form.elements.answer.value, at: -NEAR };
  else choose(form.elements.answer.value);
});
document.addEventListener(
  "submit",
  (event) => {
    const form = open();
    if (!form || event.target !== form) return;
    if (use.viewport_width !== innerWidth) Object.assign(use, look());
    Object.assign(use, { confirmed_ms: since(), pointer: use.pointer || device, translated: translated() });
    const field = form.elements.use || form.appendChild(document.createElement("input"));
    Object.assign(field, { type: "hidden", name: "use", value: JSON.stringify(use) });
  },
  true
);
const again = () => {
  loaded = false;
  begin();
};
document.addEventListener("screen", again); // another item has taken this one's place
addEventListener("pageshow", (event) => event.persisted && again());
begin();
