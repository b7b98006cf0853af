// "/" focuses the search box; arrow keys, Home and End move between titles.

const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SAME_ROW_PX = 40; // cards whose tops differ by less are in one row

export function enableArrowKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const box = document.querySelector("#q");
    const focused = document.activeElement;
    if (event.key === "/" && box && !isTextInput(focused)) {
      event.preventDefault();
      box.focus();
      box.select();
      return;
    }
    if (focused === box && event.key === "ArrowDown") {
      focusLink(event, titleLinks()[0]);
    } else if (focused?.matches(".card a")) {
      const isUp = event.key === "ArrowUp";
      focusLink(event, targetLink(focused, event.key) ?? (isUp ? box : null));
    }
  });
}

function targetLink(link, key) {
  const list = [...link.closest("ul, ol").querySelectorAll(".card a")];
  if (key === "Home") return list[0];
  if (key === "End") return list.at(-1);
  if (!(key in STEP)) return null;
  const [across, down] = STEP[key];
  return down ? nearestLink(link, down) : list[list.indexOf(link) + across] ?? null;
}

// The title in the next row up or down that is closest horizontally.
function nearestLink(from, down) {
  const start = cardPosition(from);
  let best = null;
  for (const link of titleLinks()) {
    const position = cardPosition(link);
    const ahead = (position.y - start.y) * down;
    if (ahead < SAME_ROW_PX) continue;
    const distance = ahead * 4 + Math.abs(position.x - start.x);
    if (!best || distance < best.distance) best = { link, distance };
  }
  return best?.link;
}

function cardPosition(link) {
  const box = link.closest(".card").getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y };
}

const titleLinks = () =>
  [...document.querySelectorAll(".card a")].filter((link) => link.offsetParent);

const isTextInput = (element) =>
  element?.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");

function focusLink(event, link) {
  if (!link) return;
  event.preventDefault();
  link.focus();
  link.closest(".card")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
