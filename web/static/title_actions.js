// Like, dismiss, watchlist, rate: at once, without a reload. Without this module the forms submit.

import { tell } from "./told.js";
import { settle } from "./motion.js";

const PAUSE_MS = 500; // arrow keys pass over the stars between
const SAID_MS = 6000;

const AGAINST = { like: "dismiss", dismiss: "like" };

export function actAtOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-marks]")) return;
    event.preventDefault();
    if (event.submitter?.name === "event") press(form, event.submitter);
    else rate(form);
  });
  for (const form of document.querySelectorAll("form[data-marks]:has([name=value])")) {
    let timer = 0;
    form.addEventListener("change", () => {
      clearTimeout(timer);
      timer = setTimeout(() => rate(form), PAUSE_MS);
    });
  }
}

const queues = new WeakMap(); // what is under way of each form, to be told in its order

async function press(form, button) {
  const card = form.closest(".card");
  if (card?.inert) return; // it is on its way out
  const { event: name, undo } = button.dataset;
  const on = button.ariaPressed === "true";
  if (on && !undo) return say(name, form.dataset); // it was said, and cannot be said more
  const event = on ? undo : name;
  const against = form.querySelector(`[data-event=${AGAINST[name]}][aria-pressed]`);
  const before = against?.ariaPressed === "true";
  turn(button, !on);
  if (against) turn(against, false);
  const sending = (queues.get(form) ?? Promise.resolve()).then(() => sent(form, { event }));
  queues.set(form, sending);
  const kept = await sending;
  if (!kept) {
    turn(button, on);
    if (against) turn(against, before);
  } else if (form.dataset.leaves === event) {
    leave(card, name);
  }
}

async function rate(form) {
  const value = Number(new FormData(form).get("value"));
  if (value) await sent(form, { event: "rate", value });
}

async function sent(form, { event, value }) {
  const { id, title } = form.dataset;
  const card = form.closest(".card");
  const place = card && {
    row: card.dataset.row,
    position: [...card.parentElement.children].indexOf(card) + 1,
  };
  try {
    const answer = await tell({ content_id: Number(id), event, value, ...place });
    say(answer.kept === false ? "unkept" : event, { title, value });
  } catch {
    say("failed", { title });
    return false;
  }
  document.dispatchEvent(new CustomEvent("marked", { detail: { id, event } }));
  return true;
}

function turn(button, on) {
  if (button.ariaPressed === null) return;
  button.ariaPressed = String(on);
  const { event, undo } = button.dataset;
  button.value = on && undo ? undo : event;
}

// The focus goes on to the same button of the next card, or of the one before.
function leave(card, name) {
  const held = card.contains(document.activeElement);
  const next = card.nextElementSibling ?? card.previousElementSibling;
  const list = card.parentElement;
  const button = next?.querySelector(`[data-event=${name}]`) ?? document.querySelector("main");
  if (held) button.focus({ preventScroll: true });
  card.inert = true;
  settle(list, () => card.remove(), [card]);
}

let silence = 0;

export function say(what, { title, value }) {
  const said = document.querySelector("#said");
  const words = JSON.parse(said.dataset.words)[what] ?? "";
  said.textContent = words.replace("{title}", () => title).replace("{value}", () => value);
  clearTimeout(silence);
  silence = setTimeout(() => (said.textContent = ""), SAID_MS);
}
