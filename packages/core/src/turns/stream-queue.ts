// What lies between a turn and the reader of its stream: events in order, bounded, with the turn waiting for room. Knows no turn.

export type Queue<Event> = {
  /** Adds an event of this size, and resolves when there is room for more: at once when nobody reads any more, or when patience is over. */
  put(event: Event, size: number): Promise<void>;
  /** The next event; null when the queue has ended and is empty. */
  take(): Promise<Event | null>;
  /** Nothing more comes. */
  end(): void;
  /** Nobody reads any more: what is here is dropped, and what comes too. */
  drop(): void;
};

/** A queue of at most `most` in sizes, whose writer waits for its reader at most until `patienceMs` after now. */
export function createQueue<Event>({ most, patienceMs }: { most: number; patienceMs: number }): Queue<Event> {
  const events: { event: Event; size: number }[] = [];
  const state = { size: 0, isOver: false, isLeft: false, isPatient: true };
  const isFull = (): boolean => state.size > most && state.isPatient && !state.isLeft;
  const isAwaited = (): boolean => events.length === 0 && !state.isOver && !state.isLeft;
  let changed = Promise.withResolvers<void>();
  const change = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const timer = setTimeout(() => {
    state.isPatient = false;
    change();
  }, patienceMs);
  return {
    put: async (event, added) => {
      if (state.isLeft) return;
      events.push({ event, size: added });
      state.size += added;
      change();
      while (isFull()) await changed.promise;
    },
    take: async () => {
      while (isAwaited()) await changed.promise;
      const first = events.shift();
      if (first === undefined) return null;
      state.size -= first.size;
      change();
      return first.event;
    },
    end: () => {
      state.isOver = true;
      clearTimeout(timer);
      change();
    },
    drop: () => {
      state.isLeft = true;
      events.splice(0);
      state.size = 0;
      change();
    },
  };
}
