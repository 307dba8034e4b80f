// The photos to review, in their order: each is fetched once, with its facts and its sheet, and the next few ahead.

const AHEAD = 3;

function makePhotos({ photos: ids, address, language }) {
  const photos = ids.map((id) => ({ id, facts: null, sheet: null, loading: null }));

  function load(one) {
    one.loading ??= (async () => {
      const picture = new Image();
      picture.src = `/pictures/${one.id}.webp`;
      const answer = await fetch(`${address}/${one.id}?lang=${language}`);
      if (!answer.ok) throw new Error(await answer.text());
      const facts = await answer.json();
      await picture.decode().catch(() => {});
      Object.assign(one, { facts, sheet: facts.sheet, picture });
    })();
    one.loading.catch(() => (one.loading = null)); // it is asked for again when it is shown
    return one.loading;
  }

  const loadAhead = (at) => photos.slice(at, at + 1 + AHEAD).forEach((one) => load(one).catch(() => {}));
  return { photos, load, loadAhead };
}
