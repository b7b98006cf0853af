// A list that changes gently: what goes fades, what moves glides, what comes appears.

const FADE_MS = 180;
const GLIDE_MS = 280;

const still = matchMedia("(prefers-reduced-motion: reduce)");

// Changes a list by `change`; `leaving` are the items that it takes away.
export async function settle(list, change, leaving = []) {
  if (still.matches) return change();
  await Promise.all(
    leaving.map((item) => {
      const gone = [{}, { opacity: 0, transform: "scale(0.94)" }];
      return item.animate(gone, { duration: FADE_MS, easing: "ease-in", fill: "forwards" }).finished;
    }),
  );
  const before = new Map([...list.children].map((item) => [item, place(item)]));
  change();
  for (const item of list.children) {
    const old = before.get(item);
    const now = place(item);
    if (!old) item.animate([{ opacity: 0 }, {}], { duration: GLIDE_MS });
    else if (old.x !== now.x || old.y !== now.y) {
      const from = `translate(${old.x - now.x}px, ${old.y - now.y}px)`;
      item.animate([{ transform: from }, {}], { duration: GLIDE_MS, easing: "ease-out" });
    }
  }
}

function place(item) {
  const { x, y } = item.getBoundingClientRect();
  return { x: x + scrollX, y: y + scrollY };
}
