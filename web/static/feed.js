// The feed follows: what was seen of it stays where it is, the rest is of the taste as it is now.

import { settle } from "./motion.js";
import { mention } from "./told.js";

const GATHER_MS = 1500; // what comes into view within it is told together
const HALF = 0.5; // of a card in view counts as seen

export function followTaste(feed) {
  if (!feed) return;
  const telling = "told" in feed.dataset; // not to who asks to be left alone
  const seen = new Set(); // ids; told once each
  let untold = [];
  let timer = 0;
  let running = null;

  const flush = () => {
    clearTimeout(timer);
    if (untold.length) mention(untold);
    untold = [];
  };

  const watching = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const { id, row } = target.dataset;
        if (!isIntersecting || seen.has(id)) continue;
        seen.add(id);
        watching.unobserve(target);
        if (!telling) continue;
        const position = [...target.parentElement.children].indexOf(target) + 1;
        untold.push({ content_id: Number(id), event: "impression", row, position });
        clearTimeout(timer);
        timer = setTimeout(flush, GATHER_MS);
      }
    },
    { threshold: HALF },
  );
  const watch = () => {
    for (const card of cards(feed)) if (!seen.has(card.dataset.id)) watching.observe(card);
  };

  const refill = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    try {
      const response = await fetch(`/feed/cards${location.search}`, { signal: mine.signal });
      if (!response.ok) return; // the cards that are there still work
      const html = new DOMParser().parseFromString(await response.text(), "text/html");
      if (mine === running) await replace(html);
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error);
    }
  };

  const replace = (html) => {
    const list = feed.querySelector("ol");
    if (!list) return;
    const stays = (card) => seen.has(card.dataset.id) || card.matches(":hover, :focus-within");
    const staying = cards(feed).filter(stays);
    const here = new Set(staying.map((card) => card.dataset.id));
    const coming = cards(html).filter((card) => !here.has(card.dataset.id));
    const leaving = staying.filter((card) => card.inert).length; // fading away just now
    const room = Math.max(0, cards(html).length - staying.length + leaving);
    return settle(list, () => {
      // What stays is not touched: taken out and put back it would lose the focus.
      for (const card of cards(list)) if (!staying.includes(card)) card.remove();
      list.append(...coming.slice(0, room));
      watch();
    });
  };

  document.addEventListener("marked", refill);
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => document.hidden && flush());
  watch();
}

const cards = (where) => [...where.querySelectorAll(".card[data-id]")];
