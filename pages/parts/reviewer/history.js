// All that was done, to this photo and those before it, with the way back and forth.
function makeHistory() {
  const steps = [];
  let done = 0;
  return {
    add(step) {
      steps.splice(done, steps.length, step);
      done += 1;
    },
    last: () => steps[done - 1],
    next: () => steps[done],
    back: () => steps[--done],
    forth: () => steps[done++],
  };
}
