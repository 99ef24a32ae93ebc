
"use strict";
// Refreshes <main> by asking for the same page, and keeps the focus where it was. Reading works without any of this.
const texts = document.body.dataset;
const news = document.getElementById("news");
let timer = 0;
let asking = null;

const paused = () => document.getElementById("pause")?.getAttribute("aria-pressed") === "true";
const loggingIn = () => document.getElementById("log-in") !== null;

function tell(text) {
  if (news.textContent !== text) news.textContent = text;
}

function states(root) {
  const found = new Map();
  for (const item of root.querySelectorAll("[data-state]"))
    found.set(item.id, [item.dataset.state, `${item.querySelector("h3").textContent}: ${item.querySelector(".state").textContent.trim()}`]);
  return found;
}

function put(fresh) {
  const old = document.querySelector("main");
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const scrolled = document.getElementById("letters")?.scrollLeft ?? 0;
  const before = states(old);
  const changed = [...states(fresh)].filter(([id, [state]]) => before.has(id) && before.get(id)[0] !== state);
  old.replaceWith(fresh);
  if (document.getElementById("letters")) document.getElementById("letters").scrollLeft = scrolled;
  if (focused) (document.getElementById(focused) ?? document.getElementById("dead-letters"))?.focus({ preventScroll: true });
  return changed.map(([, [, text]]) => text).join(" · ");
}

function refresh() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

async function ask() {
  if (loggingIn()) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
    if (!answer.ok && answer.status !== 401) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    const changes = put(fresh);
    if (changes) tell(changes);
    else if (news.textContent === texts.unreachable) tell("");
  } catch {
    tell(texts.unreachable);
  }
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (!document.hidden && !paused()) await refresh();
    schedule();
  }, Number(texts.refreshMs));
}

async function replay(button) {
  button.disabled = true;
  const id = button.id;
  let said = texts.failed;
  try {
    const answer = await fetch(button.dataset.replay, { method: "POST" });
    said = answer.ok ? texts.replayed : answer.status === 404 ? texts.gone : texts.failed;
  } catch {
    said = texts.unreachable;
  }
  document.getElementById("dead-letters").focus({ preventScroll: true });
  await asking; // what was asked for before may not show it yet
  await refresh();
  document.getElementById(id)?.removeAttribute("disabled");
  tell(said);
}

async function logIn(form) {
  const json = { "content-type": "application/json" };
  const body = JSON.stringify({ email: form.email.value, password: form.password.value });
  try {
    const known = await fetch("/auth/user/emailpass", { method: "POST", headers: json, body });
    if (!known.ok) return tell(known.status < 500 ? texts.refused : texts.failed);
    const { token } = await known.json();
    const begun = await fetch("/auth/session", { method: "POST", headers: { authorization: `Bearer ${token}` } });
    if (!begun.ok) return tell(texts.failed);
    location.reload();
  } catch {
    tell(texts.unreachable);
  }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  logIn(event.target);
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.replay) replay(button);
  else if (button?.id === "pause") button.setAttribute("aria-pressed", String(!paused()));
  else if (button?.id === "log-out") {
    await fetch("/auth/session", { method: "DELETE" });
    location.reload();
  }
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !paused()) refresh();
});
schedule();
