// Like, hide, watchlist and rate without a reload. Without this module the forms submit.

import { recordNow } from "./interactions.js";
import { animateChange } from "./transitions.js";

const DEBOUNCE_MS = 500; // arrow keys pass over the stars in between
const STATUS_MS = 6000;

const OPPOSITE_EVENT = { like: "dismiss", dismiss: "like" };

export function enableTitleActions() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-title-actions]")) return;
    event.preventDefault();
    if (event.submitter?.name === "event") pressAction(form, event.submitter);
    else submitRating(form);
  });
  for (const form of document.querySelectorAll("form[data-title-actions]:has([name=value])")) {
    let timer = 0;
    form.addEventListener("change", () => {
      clearTimeout(timer);
      timer = setTimeout(() => submitRating(form), DEBOUNCE_MS);
    });
  }
}

const queues = new WeakMap(); // the pending request of each form; requests are sent in order

async function pressAction(form, button) {
  const card = form.closest(".card");
  if (card?.inert) return; // it is being removed
  const { event: name, undo } = button.dataset;
  const wasPressed = button.ariaPressed === "true";
  if (wasPressed && !undo) return showStatus(name, form.dataset); // nothing to change
  const event = wasPressed ? undo : name;
  const opposite = form.querySelector(`[data-event=${OPPOSITE_EVENT[name]}][aria-pressed]`);
  const oppositeWasPressed = opposite?.ariaPressed === "true";
  setPressed(button, !wasPressed);
  if (opposite) setPressed(opposite, false);
  const request = (queues.get(form) ?? Promise.resolve()).then(() => sendEvent(form, { event }));
  queues.set(form, request);
  if (!(await request)) {
    setPressed(button, wasPressed);
    if (opposite) setPressed(opposite, oppositeWasPressed);
    return;
  }
  const restore = form.dataset.removingEvent === event ? removeCard(card, name) : null;
  if (event !== "dismiss") return;
  showUndo(async () => {
    if (!(await sendEvent(form, { event: "undismiss" }))) return;
    setPressed(button, false);
    restore?.();
  });
}

async function submitRating(form) {
  const value = Number(new FormData(form).get("value"));
  if (value) await sendEvent(form, { event: "rate", value });
}

async function sendEvent(form, { event, value }) {
  const { id, title } = form.dataset;
  const card = form.closest(".card");
  const place = card?.parentElement && {
    row: card.dataset.row,
    position: [...card.parentElement.children].indexOf(card) + 1,
  };
  try {
    const response = await recordNow({ content_id: Number(id), event, value, ...place });
    showStatus(response.kept === false ? "unkept" : event, { title, value });
  } catch {
    showStatus("failed", { title });
    return false;
  }
  document.dispatchEvent(new CustomEvent("interaction-recorded", { detail: { id, event } }));
  return true;
}

function setPressed(button, isPressed) {
  if (button.ariaPressed === null) return;
  button.ariaPressed = String(isPressed);
  const { event, undo } = button.dataset;
  button.value = isPressed && undo ? undo : event;
}

// Focuses the same button of the next card, or the previous one. Returns what puts the card back.
function removeCard(card, name) {
  const hadFocus = card.contains(document.activeElement);
  const list = card.parentElement;
  const next = card.nextElementSibling;
  const neighbour = next ?? card.previousElementSibling;
  const button = neighbour?.querySelector(`[data-event=${name}]`) ?? document.querySelector("main");
  if (hadFocus) button.focus({ preventScroll: true });
  card.inert = true;
  animateChange(list, () => card.remove(), [card]);
  return () => {
    for (const animation of card.getAnimations()) animation.cancel();
    card.inert = false;
    list.insertBefore(card, next?.parentElement === list ? next : null);
  };
}

let statusTimer = 0;

export function showStatus(name, { title, value }) {
  const status = document.querySelector("#status");
  const text = JSON.parse(status.dataset.texts)[name] ?? "";
  const message = status.querySelector("p");
  const undo = status.querySelector("form");
  undo.hidden = true;
  message.textContent = text.replace("{title}", () => title).replace("{value}", () => value);
  clearTimeout(statusTimer);
  statusTimer = setTimeout(() => {
    message.textContent = "";
    undo.hidden = true;
  }, STATUS_MS);
}

function showUndo(action) {
  const undo = document.querySelector("#status form");
  undo.hidden = false;
  undo.onsubmit = (event) => {
    event.preventDefault();
    undo.hidden = true;
    action();
  };
}
