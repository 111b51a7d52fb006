// The questionnaire goes on while the line is away (decision 0031). On an item's page the remaining items come along;
// confirming an answer shows the next at once, and the form is sent in the background, in order, never two at a time.
// What is not saved yet waits in this tab's storage, which is empty once everything is saved. Without scripts, or in a
// browser that lacks what is needed here, the same forms are sent by the browser itself.
//
// For other scripts: `document` gets the event "screen" whenever another item was put into <main>. The form's "submit"
// event is read on `window`, after every listener on the form or the document, which may still fill in fields.
"use strict";
(() => {
  const words = document.currentScript.dataset;
  const visit = words.visit;
  const main = document.querySelector("main");
  const KEY = "answers";
  const VERDICT = "Backstory-Answer"; // "saved" or "refused"; without it some box on the way has answered
  const LONGEST = 30000; // ms that a reply may take, and between two tries
  const PATIENT = 6000; // ms before a slow reply is told of
  const TWICE = 500; // ms; a blank confirmed so soon after a swap is a double tap's second
  try {
    sessionStorage.getItem(KEY);
  } catch (refused) {
    return;
  }
  if (!main || !window.fetch || !window.AbortController || !window.DOMParser) return;

  const path = () => location.pathname + location.search;
  let current = { at: path(), title: document.title, box: document.createDocumentFragment() };
  const screens = [current]; // in their order; `box` holds what <main> shows of those not shown
  const line = document.createElement("p"); // what is said of the line; over the header, so that nothing moves
  let queue = JSON.parse(sessionStorage.getItem(KEY) || "[]");
  let parts = null; // of an error page, for an item confirmed blank
  let goal = null; // where to go once everything is saved; empty: where the server says
  let told = ""; // where the server says
  let farewell = null; // the page to end with once everything is saved
  let left = null; // the screen from which the patient was taken back to one in trouble
  let ended = false;
  let stale = queue.length > 0; // this page was drawn before answers that are still to be sent
  let busy = false;
  let away = false;
  let wake = null;
  let pressed = null;
  let held = null; // the form that sends everything, waiting for the line
  let swapped = -TWICE;

  line.className = "line";
  line.setAttribute("role", "status");
  main.before(line);
  const say = (text) => {
    if (line.textContent !== text) line.textContent = text;
  };
  const itemForm = () => main.querySelector("form[data-item]");
  const flowing = () => Boolean(main.querySelector("form[data-item], form[data-send]"));
  const keep = () => {
    try {
      if (queue.length) sessionStorage.setItem(KEY, JSON.stringify(queue));
      else sessionStorage.removeItem(KEY);
      return true;
    } catch (full) {
      return false;
    }
  };

  // --- screens
  const focus = () => {
    const first = main.querySelector(".errors") || main.querySelector("h1");
    if (!first) return;
    first.tabIndex = -1;
    first.focus();
  };
  const show = (screen, remember) => {
    if (screen === current) main.textContent = "";
    else current.box.append(...main.childNodes);
    main.append(screen.box);
    current = screen;
    goal = null;
    document.title = screen.title;
    if (remember && screen.at !== path()) history.pushState(null, "", screen.at);
    if (!away) say("");
    swapped = performance.now();
    document.dispatchEvent(new Event("screen"));
    scrollTo(0, 0);
    focus();
    if (screen.saved) renew(screen);
  };
  const contents = (page) => {
    const box = document.createDocumentFragment();
    box.append(...page.querySelector("main").childNodes);
    return box;
  };
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
  const at = (address) => screens.find((screen) => screen.at === address);

  // The last page there is: already sent, no longer open, or the way back in.
  const end = (page) => {
    ended = true;
    goal = null;
    say("");
    main.textContent = "";
    main.append(contents(page));
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    document.documentElement.dir = page.documentElement.dir;
    scrollTo(0, 0);
    focus();
  };
  const takeBack = (address, page) => {
    let screen = at(address);
    if (!screen) screens.push((screen = { at: address, apart: true }));
    const another = current.trouble && current !== screen;
    if (screen !== current && !left && !current.trouble) left = current;
    Object.assign(screen, { title: page.title, trouble: true, saved: false });
    if (screen === current) main.textContent = "";
    screen.box = contents(page);
    if (!another) show(screen, true);
  };
  // A saved answer seen again is what a change of it is based on: ask the server for the form's new token.
  const renew = async (screen) => {
    const form = itemForm();
    if (parts && !form.querySelector("[value=clear]")) form.append(part("[value=clear]"));
    try {
      const reply = await fetch(screen.at, { credentials: "same-origin", cache: "no-store" });
      const fresh = parsed(await reply.text()).querySelector("form[data-item]");
      if (reply.ok && fresh && screen.saved) form.elements.token.value = fresh.elements.token.value;
    } catch (unreached) {
      // the token at hand is as good: it says what was seen before
    }
  };
  const part = (which) => document.importNode(parts.content.querySelector(which), true);
  const calm = (form) => {
    main.querySelectorAll(".errors, #wrong").forEach((each) => each.remove());
    const hint = main.querySelector("#hint") ? "hint" : "";
    form.querySelectorAll("fieldset, [name=answer][type=text]").forEach((each) => {
      each.removeAttribute("aria-invalid");
      if (hint) each.setAttribute("aria-describedby", hint);
      else each.removeAttribute("aria-describedby");
    });
  };
  const complain = (form) => {
    calm(form);
    const first = form.querySelector("[name=answer]");
    const summary = part(".errors");
    summary.autofocus = false; // it is given the focus below
    summary.querySelector("a").href = `#${first.id}`;
    form.before(summary);
    (main.querySelector("#hint") || form.querySelector("legend")).after(part("#wrong"));
    form.querySelectorAll("fieldset, [name=answer][type=text]").forEach((each) => {
      each.setAttribute("aria-describedby", `${each.getAttribute("aria-describedby") || ""} wrong`.trim());
    });
    if (first.type === "text") first.setAttribute("aria-invalid", "true");
    if (!form.querySelector("[value=decline]")) form.querySelector(".primary").after(part("[value=decline]"));
    document.title = `${parts.dataset.title} ${current.title}`;
    focus();
  };
  const clear = (form, button) => {
    form.querySelectorAll("[name=answer]").forEach((each) => {
      each.checked = false;
      if (each.type === "text") each.value = "";
      each.dispatchEvent(new Event("input"));
    });
    button.remove();
    document.dispatchEvent(new Event("screen"));
    focus();
  };

  // --- sending
  const send = async (entry) => {
    const stop = new AbortController();
    const timers = [
      setTimeout(() => stop.abort(), LONGEST),
      setTimeout(() => say(words.unsaved), PATIENT),
    ];
    try {
      const reply = await fetch(entry.at, {
        method: "POST",
        body: new URLSearchParams(entry.body + (entry.late ? "&queued=1" : "")),
        headers: { Accept: "application/json, text/html;q=0.5" },
        credentials: "same-origin",
        redirect: "manual",
        keepalive: true,
        signal: stop.signal,
      });
      const verdict = reply.headers.get(VERDICT);
      const text = await reply.text();
      if (!verdict || reply.status >= 500) throw new Error(reply.status);
      const json = (reply.headers.get("Content-Type") || "").startsWith("application/json");
      return { saved: verdict === "saved", text, json };
    } finally {
      timers.forEach(clearTimeout);
    }
  };
  const take = (entry, reply) => {
    const screen = at(entry.at);
    if (reply.saved && reply.json) {
      told = JSON.parse(reply.text).next;
      if (screen) screen.saved = true;
      return;
    }
    const page = parsed(reply.text);
    const over = !reply.saved && !page.querySelector("form[data-item]");
    if (over) queue = queue.filter((other) => other.visit !== entry.visit);
    if (entry.visit !== visit || ended || !flowing()) return;
    if (reply.saved) farewell = page;
    else if (over) end(page);
    else takeBack(entry.at, page);
  };
  const pause = (tries) =>
    new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, Math.min(LONGEST, 1000 * 2 ** tries) * (0.75 + Math.random() / 2));
    });
  const drain = async () => {
    if (busy) return;
    busy = true;
    for (let tries = 0; queue.length; tries += 1) {
      const entry = queue[0];
      try {
        const reply = await send(entry);
        queue.shift();
        take(entry, reply);
        keep();
        tries = -1;
      } catch (unreached) {
        away = entry.late = true;
        keep();
        say(words.unsaved);
        await pause(tries);
      }
    }
    busy = false;
    settle();
  };
  const settle = () => {
    if (queue.length || navigator.onLine === false) return;
    if (away || line.textContent === words.unsaved) say(goal === null && !ended ? words.saved : "");
    away = false;
    if (ended) return;
    if (farewell) end(farewell);
    else if (held) held.submit();
    else if (goal !== null) location.assign(goal || told || path());
    else if (stale && flowing() && !screens.some((screen) => screen.trouble)) location.replace(path());
  };
  const poke = () => {
    if (wake) wake();
    if (busy) return;
    if (queue.length) drain();
    else settle();
  };

  // --- what the patient does
  const onward = () => {
    const trouble = screens.find((screen) => screen.trouble);
    const following = left || screens[screens.indexOf(current) + 1];
    if (trouble) return trouble;
    left = null;
    return following && !following.apart ? following : null;
  };
  const goOn = () => {
    const screen = onward();
    if (screen && screen !== current) show(screen, true);
    else goal = "";
  };
  const confirm = (event, form) => {
    const button = event.submitter || pressed;
    const data = new FormData(form);
    const action = button && button.form === form && button.name === "action" ? button.value : "save";
    const answer = String(data.get("answer") || "").trim();
    data.set("action", action);
    if (action === "save" && !answer && performance.now() - swapped < TWICE) return event.preventDefault();
    if (action === "save" && !answer && parts) {
      event.preventDefault();
      return complain(form);
    }
    const entry = { visit, at: current.at, said: `${action} ${answer}`, body: new URLSearchParams(data).toString() };
    if (away) entry.late = true;
    const before = queue.filter((other) => other.at === entry.at).pop();
    if (!before || before.said !== entry.said) {
      queue.push(entry);
      if (!keep() && queue.length === 1) {
        queue.pop(); // no room here: the browser sends the form itself, unless it would overtake what waits
        return;
      }
    }
    event.preventDefault();
    current.trouble = false;
    current.saved = false;
    if (parts) calm(form);
    if (action === "clear") clear(form, button);
    else goOn();
    poke();
  };
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || ended || !visit) return;
    if ("item" in form.dataset) confirm(event, form);
    else if ("send" in form.dataset && (queue.length || navigator.onLine === false)) {
      event.preventDefault();
      say(queue.length ? words.unsaved : words.away);
      if (!queue.length) held = form;
      poke();
    }
  });
  addEventListener("click", (event) => {
    pressed = event.target.closest("button");
    const link = event.target.closest("main a.back");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || ended) return;
    const address = link.getAttribute("href");
    const screen = at(address);
    if (!screen && !queue.length && navigator.onLine !== false) return;
    event.preventDefault();
    if (screen) return show(screen, true);
    goal = address;
    say(queue.length ? words.unsaved : words.away);
    poke();
  }, true);
  main.addEventListener("input", () => {
    stale = false; // drawing the page anew would take back what is being chosen
  });
  addEventListener("popstate", () => {
    const screen = at(path());
    if (ended || (!screen && path() !== current.at)) location.reload();
    else if (screen && screen !== current) show(screen, false);
  });
  addEventListener("online", poke);
  document.addEventListener("visibilitychange", () => document.hidden || poke());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("beforeunload", (event) => {
    if (away && queue.length) event.preventDefault();
  });

  // --- the items to come
  const ahead = async () => {
    const form = itemForm();
    if (!visit || ended || !form || !form.dataset.item || parts) return;
    try {
      const reply = await fetch(form.dataset.item, { credentials: "same-origin", cache: "no-store" });
      if (reply.status > 499) throw reply;
      const page = parsed(await reply.text());
      parts = page.querySelector("#parts");
      if (!parts) return;
      page.querySelectorAll("template[data-at]").forEach((each) => {
        const box = document.adoptNode(each.content);
        if (!at(each.dataset.at)) screens.push({ at: each.dataset.at, title: each.dataset.title, box });
      });
      line.dataset.coming = screens.length - 1;
      if (goal === "") goOn();
    } catch (unreached) {
      setTimeout(ahead, LONGEST);
    }
  };
  const begin = () => drain().then(() => setTimeout(ahead, 0));
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
})();
