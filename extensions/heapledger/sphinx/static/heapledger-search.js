// Ranks claims for a query on Sphinx's search page: by the words that they share, the rare ones more than the common ones.
"use strict";

(() => {
  const WEIGHTS = { sentence: 1, keywords: 1, section: 0.8, id: 0.5, page: 0.5 };
  const OF_KIN = 0.7; // a word of the same meaning counts less than the word itself
  const ENOUGH = 0.4; // share of a query that a claim must have
  const MOST = 10;

  // Words that every question has. Sphinx's own list has words of answers.
  const SMALL = new Set(
    ("a an and any are as at be because but by can could did do does for from get gets give given go goes had has have how i if in into " +
      "is it its just like me my need needs of on one or really should so some such that the their them then there these they this to " +
      "use used using was we what when where which who whose why will with without would you your").split(" "),
  );

  // What readers say, and what claims say. Any word of a row stands for the others.
  const KIN = [
    "allocate allocation allocator ask request block heap alloc",
    "free drop release dealloc shrink return",
    "copy clone duplicate memcpy",
    "optimize optimizer remove elide eliminate disappear vanish strip",
    "overflow exhaust abort full",
    "large big huge",
    "grow growth double realloc reallocate resize enlarge",
    "print println output write stdout",
    "size bytes large memory",
    "empty new zero",
    "lock mutex rwlock",
    "binary file executable section bss rodata",
    "debug release",
    "future async await",
    "trait dyn object vtable",
    "argument parameter pass",
    "thread spawn",
    "queue channel mpsc send",
    "text string str",
    "map hashmap btreemap",
    "slice array",
    "embedded no_std core",
  ].map((row) => row.split(" "));

  const prepare = () => {
    if (typeof Search === "undefined" || typeof Stemmer === "undefined") return;
    const claims = globalThis.heapledgerClaims;
    const stemmer = new Stemmer();
    const stem = (word) => stemmer.stemWord(word);
    const split = (text) => {
      const words = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
      return words.flatMap((word) => (word.includes("_") ? [word, ...word.split("_")] : [word])).filter(Boolean);
    };
    const stems = (text) => new Set(split(text).filter((word) => !SMALL.has(word)).map(stem));

    const kin = new Map();
    for (const row of KIN) {
      for (const word of row) {
        const others = kin.get(stem(word)) ?? new Set();
        row.forEach((other) => others.add(stem(other)));
        kin.set(stem(word), others);
      }
    }

    const fields = claims.map((claim) => Object.keys(WEIGHTS).map((name) => [WEIGHTS[name], stems(claim[name])]));
    const has = fields.map((found) => new Set(found.flatMap(([, words]) => [...words])));
    const spread = new Map(); // in how many claims a word is
    has.forEach((words) => words.forEach((word) => spread.set(word, (spread.get(word) ?? 0) + 1)));
    const rarity = (word) => Math.log(1 + claims.length / (1 + (spread.get(word) ?? 0)));

    const heaviest = (found, word) => {
      const best = (one) => Math.max(0, ...found.filter(([, words]) => words.has(one)).map(([weight]) => weight));
      const related = [...(kin.get(word) ?? [])].map((other) => best(other) * OF_KIN);
      return Math.max(best(word), ...related);
    };

    const rank = (query) => {
      const terms = [...stems(query)].filter(
        (word) => spread.has(word) || [...(kin.get(word) ?? [])].some((other) => spread.has(other)),
      );
      const whole = terms.reduce((sum, word) => sum + rarity(word), 0);
      if (whole === 0) return [];
      return claims
        .map((claim, index) => {
          const got = terms.reduce((sum, word) => sum + rarity(word) * heaviest(fields[index], word), 0);
          const brief = 1 / (20 + fields[index][0][1].size); // of equals the shorter sentence
          return { claim, share: got / whole + brief };
        })
        .filter(({ share }) => share >= ENOUGH)
        .sort((a, b) => b.share - a.share)
        .slice(0, MOST)
        .map(({ claim, share }) => ({ claim, score: (terms.length > 1 ? 20 : 0) + 70 * share }));
    };

    const theirs = Search.performObjectSearch;
    const places = new Set(claims.map((claim) => `${claim.document}#${claim.anchor}`));
    Search.performObjectSearch = (term, terms) => {
      const others = theirs(term, terms).filter(([document, , anchor]) => !places.has(document + anchor));
      if (term !== [...terms][0]) return others;
      const index = Search._index;
      const ours = rank(new URLSearchParams(window.location.search).get("q") ?? [...terms].join(" "));
      return others.concat(
        ours.map(({ claim, score }) => [
          claim.document,
          claim.sentence,
          `#${claim.anchor}`,
          claim.page,
          score,
          index.filenames[index.docnames.indexOf(claim.document)],
          "object",
        ]),
      );
    };
  };

  document.addEventListener("DOMContentLoaded", prepare);
})();
