// The feed follows: what was seen of it stays where it is, the rest is of the taste as it is now.

import { settle } from "./motion.js";
import { mention } from "./told.js";

const GATHER_MS = 1500; // what comes into view within it is told together
const LENGTH = 24; // as the page comes
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

  // The feed as it is now, without what is on the page and stays there.
  const further = async (staying, signal) => {
    const asked = new URLSearchParams(location.search);
    for (const { dataset } of staying) asked.append("exclude", dataset.id);
    const response = await fetch(`/feed/cards?${asked}`, { signal });
    if (!response.ok) throw new Error(`${response.status}`);
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };

  const refill = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    const list = feed.querySelector("ol");
    if (!list) return;
    const stays = (card) => seen.has(card.dataset.id) || card.matches(":hover, :focus-within");
    const staying = cards(list).filter(stays);
    const length = Math.max(LENGTH, cards(list).length);
    try {
      const coming = cards(await further(staying, mine.signal));
      if (mine !== running) return;
      await settle(list, () => {
        // What stays is not touched: taken out and put back it would lose the focus.
        for (const card of cards(list)) if (!staying.includes(card)) card.remove();
        const left = staying.filter((card) => card.isConnected && !card.inert); // not fading away
        list.append(...coming.slice(0, Math.max(0, length - left.length)));
        watch();
      });
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error); // the cards that are there still work
    }
  };

  const lengthen = async (link) => {
    const list = feed.querySelector("ol");
    try {
      const html = await further(cards(list));
      const coming = cards(html);
      await settle(list, () => list.append(...coming));
      watch();
      coming[0]?.querySelector("a").focus();
      if (!html.querySelector("[data-more]")) link.remove();
    } catch {
      location.assign(link.href);
    }
  };

  feed.addEventListener("click", (event) => {
    const link = event.target.closest("[data-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    lengthen(link);
  });
  document.addEventListener("marked", refill);
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => document.hidden && flush());
  watch();
}

const cards = (where) => [...where.querySelectorAll(".card[data-id]")];
