() => {
  // What of the layout is wrong: cut, overlapping, sticking out, wider than the screen.
  const found = [], root = document.documentElement;
  const seen = (node) => node.getClientRects().length > 0;
  const name = (node) => node.dataset.kpi || node.id || node.className;
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} px wide, the screen ${innerWidth}`);
  const boxes = [...document.querySelectorAll(".tile, .card, .panel, .clock, .kpi")].filter(seen);
  boxes.forEach((node, place) => {
    if (node.scrollWidth > node.clientWidth + 2) found.push(`${name(node)} is cut on the right`);
    if (node.scrollHeight > node.clientHeight + 2) found.push(`${name(node)} is cut at the bottom`);
    const box = node.getBoundingClientRect();
    if (box.left < -1 || box.right > root.clientWidth + 1) found.push(`${name(node)} sticks out`);
    for (const other of boxes.slice(place + 1)) {
      if (node.contains(other) || other.contains(node)) continue;
      const next = other.getBoundingClientRect();
      const wide = Math.min(box.right, next.right) - Math.max(box.left, next.left);
      const high = Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top);
      if (wide > 1 && high > 1) found.push(`${name(node)} lies over ${name(other)}`);
    }
  });
  for (const node of document.querySelectorAll(".tile canvas")) {
    const foot = node.closest(".tile").querySelector(".foot").getBoundingClientRect(), box = node.getBoundingClientRect();
    if (seen(node) && foot.height && box.bottom > foot.top + 2) found.push(`the chart of ${name(node.closest(".tile"))} lies over its foot`);
  }
  for (const node of document.querySelectorAll("th, td, dd, h2, h3")) {
    const text = document.createRange();
    text.selectNodeContents(node);
    const box = text.getBoundingClientRect();
    if (box.height > 60 && box.height > 1.2 * box.width) found.push(`"${node.textContent}" is squeezed`);
  }
  const texts = ".tile .value, .tile h3 > span:first-child, .urgent .left, .counts .big, .row b, h1, .status";
  for (const node of document.querySelectorAll(texts)) {
    if (!seen(node)) continue;
    const text = document.createRange();
    text.selectNodeContents(node.firstChild ?? node);
    const inside = text.getBoundingClientRect(), box = (node.closest(".tile, .card") ?? root).getBoundingClientRect();
    if (inside.right > box.right + 1 || inside.left < box.left - 1) found.push(`"${node.textContent}" is too wide`);
    if (inside.bottom > box.bottom + 1) found.push(`"${node.textContent}" is lower than its box`);
  }
  return found;
}
