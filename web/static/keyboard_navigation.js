// The keyboard: "/" goes to the search box, arrows walk between titles, Enter opens (a link does).

const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function walkWithArrows() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const box = document.querySelector("#q");
    const at = document.activeElement;
    if (event.key === "/" && box && !isTyping(at)) {
      event.preventDefault();
      box.focus();
      box.select();
      return;
    }
    if (at === box && event.key === "ArrowDown") {
      move(event, links()[0]);
    } else if (at?.matches(".card a")) {
      const up = event.key === "ArrowUp";
      move(event, target(at, event.key) ?? (up ? box : null));
    }
  });
}

function target(at, key) {
  const list = [...at.closest("ul, ol").querySelectorAll(".card a")];
  if (key === "Home") return list[0];
  if (key === "End") return list.at(-1);
  if (!(key in STEP)) return null;
  const [across, down] = STEP[key];
  return down ? nearest(at, down) : list[list.indexOf(at) + across] ?? null;
}

// The title above or below: of the next row that way, the one straight ahead.
function nearest(at, down) {
  const here = middle(at);
  let best = null;
  for (const link of links()) {
    const there = middle(link);
    const ahead = (there.y - here.y) * down;
    if (ahead < 40) continue; // the same row
    const distance = ahead * 4 + Math.abs(there.x - here.x);
    if (!best || distance < best.distance) best = { link, distance };
  }
  return best?.link;
}

function middle(link) {
  const box = link.closest(".card").getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y };
}

const links = () => [...document.querySelectorAll(".card a")].filter((link) => link.offsetParent);

const isTyping = (at) => at?.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");

function move(event, to) {
  if (!to) return;
  event.preventDefault();
  to.focus();
  to.closest(".card")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// Buttons for the mouse; fingers swipe and keys walk.
export function addScrollButtons() {
  if (!matchMedia("(hover: hover)").matches) return;
  for (const shelf of document.querySelectorAll(".shelf")) {
    const reel = shelf.querySelector(".reel");
    const buttons = [-1, 1].map((way) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = way < 0 ? "turn back" : "turn on";
      button.tabIndex = -1;
      button.ariaHidden = "true";
      button.textContent = way < 0 ? "‹" : "›";
      button.addEventListener("click", () => reel.scrollBy({ left: way * reel.clientWidth * 0.85 }));
      return button;
    });
    const update = () => {
      buttons[0].hidden = reel.scrollLeft < 8;
      buttons[1].hidden = reel.scrollLeft + reel.clientWidth > reel.scrollWidth - 8;
    };
    reel.addEventListener("scroll", update, { passive: true });
    new ResizeObserver(update).observe(reel);
    shelf.append(...buttons);
  }
}
