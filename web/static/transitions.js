// Animates changes of a list: removed items fade out, moved ones slide, added ones fade in.

const FADE_MS = 180;
const SLIDE_MS = 280;

const prefersReducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

// Calls `change`, which edits the list; `removed` are the items that it removes.
export async function animateChange(list, change, removed = []) {
  if (prefersReducedMotion.matches) return change();
  await Promise.all(
    removed.map((item) => {
      const frames = [{}, { opacity: 0, transform: "scale(0.94)" }];
      const options = { duration: FADE_MS, easing: "ease-in", fill: "forwards" };
      return item.animate(frames, options).finished;
    }),
  );
  const before = new Map([...list.children].map((item) => [item, pagePosition(item)]));
  change();
  for (const item of list.children) {
    const old = before.get(item);
    const now = pagePosition(item);
    if (!old) item.animate([{ opacity: 0 }, {}], { duration: SLIDE_MS });
    else if (old.x !== now.x || old.y !== now.y) {
      const from = `translate(${old.x - now.x}px, ${old.y - now.y}px)`;
      item.animate([{ transform: from }, {}], { duration: SLIDE_MS, easing: "ease-out" });
    }
  }
}

function pagePosition(item) {
  const { x, y } = item.getBoundingClientRect();
  return { x: x + scrollX, y: y + scrollY };
}
