// Hints under the pointer, and tables that sort by the heading clicked.
const tip = document.getElementById("tip");
document.addEventListener("mousemove", event => {
  const target = event.target.closest("[data-tip]");
  tip.style.opacity = target ? 1 : 0;
  if (!target) return;
  tip.textContent = target.dataset.tip;
  const width = tip.offsetWidth, right = event.clientX + 14 + width > innerWidth;
  tip.style.left = `${right ? event.clientX - width - 10 : event.clientX + 14}px`;
  tip.style.top = `${event.clientY + 16}px`;
});
for (const table of document.querySelectorAll("table.sortable")) {
  table.tHead.addEventListener("click", event => {
    const heading = event.target.closest("th");
    if (!heading) return;
    const down = heading.dataset.order !== "down";
    for (const other of table.tHead.querySelectorAll("th")) delete other.dataset.order;
    heading.dataset.order = down ? "down" : "up";
    const key = row => {
      const cell = row.cells[heading.cellIndex];
      return cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort);
    };
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const x = key(a), y = key(b);
      return (typeof x === "number" ? y - x : x.localeCompare(y)) * (down ? 1 : -1);
    });
    table.tBodies[0].append(...rows);
  });
}
