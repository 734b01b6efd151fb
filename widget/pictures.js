// Copy a chart as a picture, for slides. The server draws it: what is copied is its file, at twice
// the size, with its title, days and source. A browser that gives no clipboard saves it instead.
"use strict";
const SCALE = 2;
const copies = "ClipboardItem" in window && navigator.clipboard?.write !== undefined;

for (const row of document.querySelectorAll(".take")) {
  const button = row.querySelector("button");
  if (!copies) button.firstChild.data = "Download picture";
  button.addEventListener("click", () => take(row));
  button.hidden = false;
}

async function take(row) {
  const news = row.querySelector("[role=status]");
  news.textContent = "";
  try {
    // Safari lets a page write only while the press lasts: it gets the promise, not the picture.
    const picture = png(row.dataset.picture);
    news.textContent = (await copied(picture)) ? "Copied." : save(await picture, row.dataset.name);
  } catch {
    news.textContent = "The picture could not be made. Reload the page, or download the SVG.";
  }
}

// Whether it is on the clipboard: a browser may have it and still refuse.
async function copied(picture) {
  if (!copies) return false;
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
    return true;
  } catch {
    return false;
  }
}

async function png(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * image.naturalWidth;
  canvas.height = SCALE * image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("empty"))), "image/png");
  });
}

function save(picture, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(picture);
  link.download = `${name}.png`;
  link.click();
  URL.revokeObjectURL(link.href);
  return "Downloaded.";
}
