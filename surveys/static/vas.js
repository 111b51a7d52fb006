// The drawn scale beside the EQ VAS number box: tap to place, -1 and +1 to adjust. The box stays the only control
// that is read aloud and sent; the drawing is hidden from assistive technology and has no marker before the first touch.
// Until then there is nothing to adjust: the steps keep their place unseen, as EuroQol allows no level to start from.
"use strict";
const drawScale = () => {
  const box = document.querySelector("[data-scale] > input");
  if (!box) return;
  const NS = "http://www.w3.org/2000/svg";
  const draw = (name, attributes, text) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const svg = draw("svg", { viewBox: "0 0 96 100", preserveAspectRatio: "none" });
  svg.append(draw("line", { x1: 30, x2: 30, y1: 0, y2: 100, class: "axis" }));
  for (let value = 0; value <= 100; value += 5) {
    svg.append(draw("line", { x1: 30, x2: value % 10 ? 38 : 46, y1: 100 - value, y2: 100 - value, class: "axis" }));
  }
  const marker = draw("line", { x1: 8, x2: 52, class: "marker", visibility: "hidden" });
  svg.append(marker);
  const track = document.createElement("div");
  track.className = "track";
  track.setAttribute("aria-hidden", "true");
  track.append(svg);
  for (let value = 100; value >= 0; value -= 10) {
    const label = document.createElement("span");
    label.className = `tick at${value}`;
    label.textContent = value;
    track.append(label);
  }
  // the last four bits of Arabic, Persian and full-width digits are their value
  const typed = () => box.value.trim().replace(/[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/g, (c) => c.charCodeAt(0) & 15);
  const level = () => (/^(100|[1-9]?[0-9])$/.test(typed()) ? Number(typed()) : null);
  const show = () => {
    const value = level();
    marker.setAttribute("visibility", value === null ? "hidden" : "visible");
    for (const button of steps.querySelectorAll("button")) button.style.visibility = value === null ? "hidden" : "";
    if (value !== null) ["y1", "y2"].forEach((end) => marker.setAttribute(end, 100 - value));
  };
  const put = (value) => {
    box.value = String(Math.min(100, Math.max(0, value)));
    show();
  };
  track.addEventListener("click", (event) => {
    const area = track.getBoundingClientRect();
    put(Math.round(100 - (100 * (event.clientY - area.top)) / area.height));
  });
  const step = (by, text) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "secondary";
    button.textContent = text;
    button.dir = "ltr"; // the sign stands before the digit in every script
    button.addEventListener("click", () => put(level() + by));
    return button;
  };
  const steps = document.createElement("div");
  steps.className = "steps";
  const whole = document.createElement("div");
  whole.className = "vas";
  box.before(whole);
  steps.append(step(1, "+1"), box, step(-1, "\u22121"));
  whole.append(track, steps);
  box.addEventListener("input", show);
  show();
};
document.addEventListener("screen", drawScale); // another item has taken this one's place
drawScale();
