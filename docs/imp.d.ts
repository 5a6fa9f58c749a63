declare module "imp:multiprocessing" {
    /**
     * A process of its own that runs one function, as Python's `multiprocessing.Process`.
     *
     * ```ts
     * // work.ts
     * import { Process } from "imp:multiprocessing";
     *
     * export function resize(file: string, width: number): void {}
     *
     * export async function main(): Promise<void> {
     *   const process = new Process({ target: resize, args: ["a.png", 80] });
     *   process.start();
     *   await process.join();
     *   console.log(process.exitcode);
     * }
     * ```
     *
     * It has this process' output, working directory and environment, and /dev/null as input. It ends when the target's
     * promise is settled and nothing is left that its event loop waits for; its own children are dealt with first. An error of the target is
     * printed with the process' name, and the exit code is 1.
     */
    export class Process<T extends Target = Target> {
        #private;
        /** @throws TypeError if the target is not a function exported by a module; ImpError if its module does not exist */
        constructor(options: ProcessOptions<T> & ArgsIfNeeded<T>);
        get name(): string;
        set name(name: string);
        get daemon(): boolean;
        /** @throws Error after the start */
        set daemon(daemon: boolean);
        /** null before the start. */
        get pid(): number | null;
        /** null until it has ended, then its exit status, or `-n` if signal n ended it. */
        get exitcode(): number | null;
        /**
         * A descriptor that is readable for poll(2) once the process has ended. It is open until {@link close}, or until
         * nothing refers to this object any more.
         * @throws ImpError (EMFILE)
         */
        get sentinel(): number;
        /**
         * Starts it. The new process loads the target's module anew and calls the target.
         * @throws UnsendableError that names the argument which cannot be sent; ImpError (EAGAIN, EMFILE, ENOMEM)
         */
        start(): void;
        /**
         * Waits until it has ended.
         * @param timeout milliseconds; by default, as long as it takes
         * @returns whether it has ended
         */
        join(timeout?: number): Promise<boolean>;
        isAlive(): boolean;
        /** Sends it SIGTERM; not to processes that it has started. Has no effect once it has ended. */
        terminate(): void;
        /** Like {@link terminate}, with SIGKILL. */
        kill(): void;
        /** Releases its resources; afterwards the object cannot be used. @throws Error while the process runs */
        close(): void;
        /** Nothing of it is left afterwards: with `await using` it is killed if necessary. */
        [Symbol.asyncDispose](): Promise<void>;
    }
    /** The options of a {@link Process}. */
    export interface ProcessOptions<T extends Target = Target> {
        /** The function to run; see {@link Target}. */
        target: T;
        /** The target's arguments: anything that structured cloning supports, and imp's own shared objects. */
        args?: Arguments<T>;
        /** By default `Process-1` and so on. */
        name?: string;
        /** Whether it is ended with everything it has started when this program's code ends; default: as this process. */
        daemon?: boolean;
        /** Makes the kernel refuse it every new process, whatever program it executes; threads are allowed. */
        noChildren?: boolean;
    }
    /** The processes that were started here and still run; those that have ended are reaped. */
    export function activeChildren(): Process[];
    /** How many CPUs this process may run on; at least 1. */
    export function cpuCount(): number;
    /** This process, as its parent's {@link Process} object would show it. */
    export interface CurrentProcess {
        /** May be changed; the parent does not learn of it. */
        name: string;
        readonly daemon: boolean;
        readonly pid: number;
        readonly exitcode: null;
        isAlive(): boolean;
    }
    /** This process: `MainProcess`, or one started as the target of another process. */
    export function currentProcess(): CurrentProcess;
    /** The process that started this one. */
    export interface ParentProcess {
        readonly name: string;
        readonly pid: number;
        isAlive(): boolean;
        /**
         * Waits until it has ended.
         * @param timeout milliseconds; by default, as long as it takes
         * @returns whether it has ended
         */
        join(timeout?: number): Promise<boolean>;
    }
    /** The process whose {@link Process} this one is; null in the main process. */
    export function parentProcess(): ParentProcess | null;
    /**
     * Worker processes that call functions for this one, after Python's multiprocessing.Pool.
     *
     * Each worker runs one task at a time. A task whose worker dies fails with {@link WorkerDied} and is not run again; the
     * worker is replaced. The workers are daemonic: they end with this process, however it ends. Whatever their tasks have
     * started ends with them.
     */
    export class Pool<I extends Target = Target> {
        #private;
        /**
         * Starts the workers.
         * @param processes how many; default {@link cpuCount}
         * @throws RangeError for an option out of range; TypeError, ImpError if the initializer is not a target; ImpError if
         *   processes cannot be started
         */
        constructor(processes?: number, options?: PoolOptions<I> & InitargsIfNeeded<I>);
        /** How many workers the pool has. */
        get processes(): number;
        /** The PIDs of the current workers. */
        get pids(): number[];
        /**
         * Calls a function in a worker and waits for its result.
         * @throws what the function threw; WorkerDied; UnsendableError; Error `Pool not running`
         */
        apply<T extends Target>(target: T, ...[args]: GivenArgs<T>): Promise<Result<T>>;
        /**
         * Calls a function in a worker without waiting. The arguments are copied when a worker receives them.
         * @throws Error `Pool not running` after `close` or `terminate`; TypeError, ImpError if it is not a target
         */
        applyAsync<T extends Target>(target: T, ...[args, callbacks]: GivenArgs<T, [callbacks?: Callbacks<Result<T>>]>): AsyncResult<Result<T>>;
        /**
         * Calls a function for each item, in chunks, and waits for all results, in the order of the items.
         * @throws the first error that came, once every chunk is done
         */
        map<T extends Target>(target: T, items: Items<ItemOf<T>>, chunkSize?: number): Promise<Result<T>[]>;
        /**
         * Like {@link map}, without waiting.
         * @param options a number is the `chunkSize`
         */
        mapAsync<T extends Target>(target: T, items: Items<ItemOf<T>>, options?: MapOptions<Result<T>[]> | number): AsyncResult<Result<T>[]>;
        /** Like {@link map} for a function of several arguments: each item is an array of them. */
        starmap<T extends Target>(target: T, items: Items<Arguments<T>>, chunkSize?: number): Promise<Result<T>[]>;
        /** Like {@link starmap}, without waiting. */
        starmapAsync<T extends Target>(target: T, items: Items<Arguments<T>>, options?: MapOptions<Result<T>[]> | number): AsyncResult<Result<T>[]>;
        /**
         * Calls a function for each item and returns the results one by one, in the order of the items. Items are read only
         * `bufferSize` ahead: the iterable may be endless.
         * @param options a number is the `chunkSize`
         */
        imap<T extends Target>(target: T, items: Items<ItemOf<T>>, options?: ImapOptions | number): ImapIterator<Result<T>>;
        /** Like {@link imap}, with the results in the order in which they arrive. */
        imapUnordered<T extends Target>(target: T, items: Items<ItemOf<T>>, options?: ImapOptions | number): ImapIterator<Result<T>>;
        /** Accepts no more tasks; the workers end when all are done, each with everything its tasks have started. */
        close(): void;
        /** Ends the workers at once, with everything their tasks have started. Unfinished tasks fail with PoolTerminated. */
        terminate(): void;
        /**
         * Waits until the last worker has ended, with everything its tasks have started. @throws Error `Pool is still
         * running` before `close` or `terminate`
         */
        join(): Promise<void>;
        /** `await using`: terminates the pool at the end of the block and waits for its end. */
        [Symbol.asyncDispose](): Promise<void>;
    }
    /** How a pool's workers begin and end. */
    export interface PoolOptions<I extends Target = Target> {
        /**
         * Called in each worker before its first task. If it throws, the pool is broken: every task fails with that error.
         */
        initializer?: I;
        /** The initializer's arguments. */
        initargs?: Arguments<I>;
        /** A worker that has done this many tasks is replaced; a chunk of a map is one task. By default workers stay. */
        maxTasksPerChild?: number;
        /** How many items `imap` and `imapUnordered` read ahead of the consumer. Default: 128 for each worker. */
        bufferSize?: number;
    }
    /** Callbacks for the outcome, called as soon as it is known. */
    export interface Callbacks<R> {
        /** Called with the result. */
        callback?: (value: R) => void;
        /** Called with the error of a failed task. */
        errorCallback?: (error: unknown) => void;
    }
    /** How `imap` and `imapUnordered` read their items. */
    export interface ImapOptions {
        /** Items per task. Default 1. */
        chunkSize?: number;
        /** How many items are read ahead of the consumer. Default: the pool's. */
        bufferSize?: number;
    }
    /** How `mapAsync` and `starmapAsync` divide their items. */
    export interface MapOptions<R> extends Callbacks<R> {
        /** Items per task. Default: a quarter of each worker's share, as in CPython. */
        chunkSize?: number;
    }
    /** Anything that can be iterated. Arrays are listed separately so that compilers name the one wrong item. */
    export type Items<T> = readonly T[] | Iterable<T> | AsyncIterable<T>;
    /** The future result of a task given to a pool. */
    export class AsyncResult<out T> {
        #private;
        /** Made by a pool. */
        private constructor();
        /**
         * The result. Keeps the event loop alive while it waits.
         * @param timeout milliseconds; by default, as long as it takes
         * @throws TimeoutError if it takes longer, and the task goes on; what the function threw; WorkerDied
         */
        get(timeout?: number): Promise<T>;
        /**
         * Waits until there is a result or an error, or the timeout expires.
         * @param timeout milliseconds
         * @returns whether it is ready now
         */
        wait(timeout?: number): Promise<boolean>;
        /** Whether the task is done, with a result or an error. */
        ready(): boolean;
        /** Whether the task ended without an error. @throws Error if it has not ended yet */
        successful(): boolean;
    }
    /**
     * The results of a function for each of many items, as they are requested. Items are read at most `bufferSize` ahead of
     * the consumer, so even an endless iterable can be processed. Leaving a `for await` loop stops the reading.
     */
    export class ImapIterator<out R> implements AsyncIterableIterator<R> {
        #private;
        /** Made by a pool. */
        private constructor();
        /**
         * The next result.
         * @param timeout milliseconds; a result that did not come in time is still the next one
         * @throws TimeoutError; what the function threw for this item (the next call goes on with the next item); WorkerDied
         */
        next(timeout?: number): Promise<IteratorResult<R>>;
        /** Stops: what is under way is finished and discarded. */
        return(): Promise<IteratorResult<R>>;
        [Symbol.asyncIterator](): this;
    }
    /** No worker can be made ready: `cause` says why, for example what the initializer threw. */
    export class PoolBroken extends Error {
        constructor(message: string, options?: ErrorOptions);
    }
    /** The pool was terminated before the task was done. */
    export class PoolTerminated extends Error {
        constructor(message?: string);
    }
    /** Where in the worker an error was thrown: the `cause` of an error that has no other. */
    export class RemoteStack extends Error {
        constructor(pid: number, stack: string);
    }
    /** A worker ended while it ran the task: by a signal, or by exiting. The task is not tried again. */
    export class WorkerDied extends Error {
        /** The worker's. */
        readonly pid: number;
        /** As for a Process: the exit status, or the negative signal number. */
        readonly exitcode: number;
        constructor(message: string, pid: number, exitcode: number);
    }
    /** The time that the caller gave was up; what was waited for goes on. */
    export class TimeoutError extends Error {
        constructor(message: string);
    }
    /**
     * A thread of this process that runs one function, as Python's `threading.Thread`; unlike there it runs in parallel
     * with all others, and has its own copy of every module. It ends when the target's promise is settled. An error is
     * printed with the thread's name; the others go on.
     *
     * The process lives until every thread that is not a daemon has ended. What ends the process itself, like
     * `process.exit()`, cuts off all of them.
     */
    export class Thread<T extends Target = Target> {
        #private;
        /** @throws TypeError if the target is not a function exported by a module; ImpError if its module does not exist */
        constructor(options: ThreadOptions<T> & ArgsIfNeeded<T>);
        get name(): string;
        /** Once a thread has started, only this object knows the new name. */
        set name(name: string);
        get daemon(): boolean;
        /** @throws Error after the start */
        set daemon(daemon: boolean);
        /**
         * Starts it. The new thread loads the target's module anew and calls the target. Until it has begun, the program does
         * not end.
         * @returns resolves when it has begun: the target has been called and waits for something, or has computed for 20 ms;
         *   or when it has already ended
         * @throws UnsendableError that names the argument which cannot be sent; ImpError (EMFILE)
         */
        start(): Promise<void>;
        /**
         * Waits until it has ended.
         * @param timeout milliseconds; by default, as long as it takes
         * @returns whether it has ended
         */
        join(timeout?: number): Promise<boolean>;
        isAlive(): boolean;
    }
    /** The options of a {@link Thread}. */
    export interface ThreadOptions<T extends Target = Target> {
        /** The function to run; see {@link Target}. */
        target: T;
        /** The target's arguments, copied as for a process; imp's own shared objects are shared. */
        args?: Arguments<T>;
        /** By default `Thread-1 (resize)` and so on. */
        name?: string;
        /** Whether it is cut off once all others have ended; by default as for this thread. */
        daemon?: boolean;
    }
    /** This thread's place among those of its process. */
    export interface CurrentThread {
        name: string;
        readonly daemon: boolean;
    }
    /** The thread that runs this code: `MainThread`, or one started by a {@link Thread}. */
    export function currentThread(): CurrentThread;
    /** A queue that knows when everything put into it is done. */
    export class JoinableQueue<T = unknown> extends Queue<T> {
        #private;
        /** Reports that an item taken out is done. @throws RangeError if more are done than were put in; OwnerDied */
        taskDone(): Promise<void>;
        /** Waits until every item ever put in is done. @throws OwnerDied */
        join(): Promise<void>;
    }
    /**
     * A first-in, first-out queue of anything that can be sent. Nothing is lost when a process dies: what it has put is in
     * the queue, and what it has not received goes to another one, in its old place.
     */
    export class Queue<T = unknown> extends Shared {
        #private;
        readonly maxsize: number;
        /**
         * @param maxsize how many items it holds at most; 0 or less: as many as fit in memory
         * @throws RangeError if not a whole number
         */
        constructor(maxsize?: number);
        /**
         * Puts an item in, as a copy made now. Without `maxsize` it never waits for the queue's process: it is done once the
         * item cannot be lost with this one.
         * @param patience options, or whether it may wait
         * @param timeout **milliseconds**, if `patience` is a boolean
         * @throws Full if the timeout expired, or the queue is full and `block` is false; TypeError for a number in place of
         *   `patience`; UnsendableError; OwnerDied
         */
        put(item: T, patience?: Patience | boolean, timeout?: number): Promise<void>;
        /** @throws Full; UnsendableError; OwnerDied */
        putNowait(item: T): Promise<void>;
        /**
         * Takes the first item out. Consumers are served in the order in which they ask.
         * @param patience options, or whether it may wait
         * @param timeout **milliseconds**, if the first argument is a boolean
         * @throws Empty if the timeout expired, or the queue is empty and `block` is false; TypeError for a number in place
         *   of
         *   `patience`; OwnerDied
         */
        get(patience?: Patience | boolean, timeout?: number): Promise<T>;
        /** @throws Empty; OwnerDied */
        getNowait(): Promise<T>;
        /** How many items nobody has received yet. */
        qsize(): Promise<number>;
        /** Whether it is empty now. @throws OwnerDied */
        empty(): Promise<boolean>;
        /** Whether it is full now. @throws OwnerDied */
        full(): Promise<boolean>;
        /** This process puts and gets no more; for the others the queue stays as it is. */
        close(): void;
    }
    /** An unbounded queue with the few methods that Python's has. */
    export class SimpleQueue<T = unknown> extends Queue<T> {
        #private;
        constructor();
    }
    /**
     * One end of a pipe. It belongs to one process: sent to another before being used, it becomes that one's. What the
     * other end's process sent before it died is received; then comes EndOfPipe.
     */
    export class Connection<T = unknown> {
        #private;
        /** Ends are made by {@link Pipe}. */
        private constructor();
        /** Whether this end receives. */
        get readable(): boolean;
        /** Whether this end sends. */
        get writable(): boolean;
        /**
         * Whether this end was closed or sent away, or somebody else took it out of the dict or list in which it was kept.
         */
        get closed(): boolean;
        /**
         * Sends a copy of the value. Done when the kernel has accepted it, which it does while the receiver keeps up.
         * @throws EndOfPipe if the other end is closed; UnsendableError
         */
        send(value: T): Promise<void>;
        /**
         * The next value.
         * @throws EndOfPipe if the other end is closed and everything is received; TimeoutError; TypeError for a number
         */
        recv(options?: RecvOptions): Promise<T>;
        /** @param timeout ms; 0 does not wait @returns whether `recv` would return or throw EndOfPipe at once */
        poll(timeout?: number): Promise<boolean>;
        /** Closes this end: the other one receives what was sent, then EndOfPipe. */
        close(): void;
        /** Python's `with`. */
        [Symbol.dispose](): void;
    }
    /**
     * A connection between two processes.
     * @param duplex false: the first end only receives, the second one only sends
     * @throws ImpError (EMFILE)
     */
    export function Pipe<T = unknown>(duplex?: boolean): [Connection<T>, Connection<T>];
    /** How long {@link Connection.recv} may take. */
    export interface RecvOptions {
        /** ms; by default unlimited. */
        timeout?: number;
    }
    /**
     * Waits until at least one of several connections or processes is ready, as Python's `multiprocessing.connection.wait`:
     * a connection when `recv` would return or throw EndOfPipe at once, a process when it has ended.
     *
     * @param timeout milliseconds; 0 does not wait; by default, as long as it takes
     * @returns those that are ready, in the given order; none if the timeout expired, or none was given
     * @throws TypeError for anything else; Error for a process that has not been started
     */
    export function wait<T extends Waitable>(objects: Iterable<T>, timeout?: number): Promise<T[]>;
    /** What {@link wait} waits for: a connection until it can receive, a process until it has ended. */
    export type Waitable = Connection<never> | Connection | Process;
    /** What all objects that are acquired and released have in common. */
    abstract class Acquirable extends Shared {
        #private;
        /**
         * The PID of the process that died holding what this one has since acquired: what it guards may be inconsistent.
         * Undefined if nobody died.
         */
        get inheritedFrom(): number | undefined;
        /**
         * Waits for its turn: first come, first served.
         * @param patience options, or whether it may wait
         * @param timeout **milliseconds**, if the first argument is a boolean
         * @returns false if the timeout expired, or it was taken and `block` is false
         * @throws TypeError for a number in place of `patience`; OwnerDied
         */
        acquire(patience?: Patience | boolean, timeout?: number): Promise<boolean>;
        /** @throws RangeError if there is nothing to release; OwnerDied */
        release(): Promise<void>;
        /** Python's `with`: acquires, runs `body`, and releases whatever the outcome. */
        with<T>(body: () => T | Promise<T>): Promise<T>;
    }
    /** A semaphore that cannot be released more often than it was acquired. */
    export class BoundedSemaphore extends Acquirable {
        #private;
        constructor(value?: number);
        /** How many could be acquired right now. */
        value(): Promise<number>;
    }
    /** A lock with which processes wait for changes made by others. Every method requires the lock to be held. */
    export class Condition extends RLock {
        #private;
        constructor();
        /**
         * Releases the lock, sleeps until it is notified, and returns with the lock.
         * @returns false if the timeout expired
         * @throws RangeError if the lock is not held; OwnerDied
         */
        wait(timeout?: number): Promise<boolean>;
        /** Waits until `predicate` is true; it is called with the lock held. @returns its last value */
        waitFor<T>(predicate: () => T | Promise<T>, timeout?: number): Promise<T>;
        /** Wakes up to `n` waiters; they go on once the lock is released. @throws RangeError; OwnerDied */
        notify(n?: number): Promise<void>;
        /** Wakes all waiters; they go on one after another. @throws RangeError; OwnerDied */
        notifyAll(): Promise<void>;
    }
    /**
     * Admits one at a time. Any process may release it, even one that did not acquire it. A process that ends while it
     * holds the lock releases it; {@link Acquirable.inheritedFrom} shows this to the next one that acquires it.
     */
    export class Lock extends Acquirable {
        #private;
        constructor();
    }
    /**
     * A lock that its holder may acquire again; it is free once it has been released as often. The holder is a process, or
     * a thread: everything that runs concurrently in one thread shares it.
     */
    export class RLock extends Acquirable {
        #private;
        constructor();
    }
    /**
     * Admits `value` at a time, or counts what one process provides and another takes. A process that is killed gives back
     * what it holds of the first `value` permits; one that ends normally keeps them.
     */
    export class Semaphore extends Acquirable {
        #private;
        constructor(value?: number);
        /** How many could be acquired right now. */
        value(): Promise<number>;
    }
    /** A flag that is initially off. Its methods throw OwnerDied. */
    export class Event extends Shared {
        #private;
        constructor();
        /** Whether it is on now. */
        isSet(): Promise<boolean>;
        /** Releases everybody who waits, and later waiters until it is cleared. */
        set(): Promise<void>;
        /** Turns it off: later waiters wait. */
        clear(): Promise<void>;
        /** @param timeout ms @returns false if it expired */
        wait(timeout?: number): Promise<boolean>;
    }
    /**
     * Holds waiters until there are as many as there are parties. If one of them times out or dies, or the barrier is
     * aborted, it is broken for all.
     */
    export class Barrier extends Shared {
        #private;
        /** How many waiters it takes to release them. */
        readonly parties: number;
        constructor(parties: number, options?: BarrierOptions);
        /**
         * @param timeout ms
         * @returns a number below `parties`, different for each of them
         * @throws BrokenBarrierError; OwnerDied
         */
        wait(timeout?: number | undefined): Promise<number>;
        /** Breaks the barrier: current and later waiters get a BrokenBarrierError. */
        abort(): Promise<void>;
        /** Makes it as new. Current waiters get a BrokenBarrierError. */
        reset(): Promise<void>;
        /** How many wait now. */
        nWaiting(): Promise<number>;
        /** Whether it is broken. */
        broken(): Promise<boolean>;
    }
    /** The options of a {@link Barrier} besides the number of its parties. */
    export interface BarrierOptions {
        /** Runs in the process that made the barrier, once per round, before the release. If it fails the barrier breaks. */
        action?: () => unknown;
        /** ms; the default for each wait. */
        timeout?: number;
    }
    /** The typed array for such numbers. */
    export type ArrayOf<T extends NumberType> = InstanceType<(typeof TYPES)[T]>;
    /** A typed array and, unless declined, its lock. */
    abstract class Memory<T extends NumberType> {
        #private;
        /** How its numbers are stored. */
        readonly type: T;
        /** The memory itself: all processes see what is written here. */
        readonly array: ArrayOf<T>;
        protected constructor();
        /** Guards what takes several steps. It lives in the process that made the memory. @throws Error if it has none */
        getLock(): Lock | RLock;
    }
    /** How {@link Value} and {@link SharedArray} are guarded. */
    export interface MemoryOptions {
        /** False: without a lock, so that sending it takes no connection. A lock: that one guards it. */
        lock?: boolean | Lock | RLock;
    }
    /** The JavaScript type of such a number. */
    export type NumberOf<T extends NumberType> = T extends "i64" | "u64" ? bigint : number;
    /** How numbers are stored; `i64` and `u64` are bigint. */
    export type NumberType = keyof typeof TYPES;
    /** Numbers shared by processes: Python's `Array`. */
    export class SharedArray<T extends NumberType = NumberType> extends Memory<T> {
        /**
         * @param source how many numbers, all 0; or the numbers
         * @throws TypeError for an unknown type or an invalid value; RangeError for an invalid length; ImpError (EMFILE,
         *   ENOMEM)
         */
        constructor(type: T, source: number | Iterable<NumberOf<T>>, options?: MemoryOptions);
        /** How many numbers there are. */
        get length(): number;
        /** Adds atomically, even if others add at the same time. @returns the number before */
        add(index: number, amount: NumberOf<T>): NumberOf<T>;
        /** The numbers as of when they are read. */
        [Symbol.iterator](): IterableIterator<NumberOf<T>>;
    }
    /**
     * A number that processes share, without a word between them.
     *
     * ```ts
     * const count = new Value("i32");
     * count.add(1);
     * await count.getLock().with(() => count.value *= 2);
     * ```
     */
    export class Value<T extends NumberType = NumberType> extends Memory<T> {
        /** @throws TypeError for an unknown type or an invalid value; ImpError (EMFILE, ENOMEM) */
        constructor(type: T, initial?: NumberOf<T>, options?: MemoryOptions);
        /** The number. */
        get value(): NumberOf<T>;
        /** Written whole, never half; but `value++` reads and writes: use {@link add}, or the lock. */
        set value(value: NumberOf<T>);
        /** Adds atomically, even if others add at the same time. @returns the number before */
        add(amount: NumberOf<T>): NumberOf<T>;
    }
    /**
     * A separate process in which shared objects live, so that they do not end with whoever requested them, and need not
     * wait while a process is busy.
     *
     * ```ts
     * await using manager = new Manager();
     * const results = await manager.dict<string, number>();
     * ```
     *
     * It ends with the process that started it; then, or if it is killed, users of its objects get OwnerDied.
     */
    export class Manager {
        #private;
        /** Starts it. @throws ImpError (EAGAIN, EMFILE, ENOMEM) */
        constructor();
        get pid(): number;
        /** Makes a {@link Queue} there. @throws OwnerDied, as do all of these methods */
        Queue<T = unknown>(maxsize?: number): Promise<Queue<T>>;
        /** Makes a {@link JoinableQueue} there. */
        JoinableQueue<T = unknown>(maxsize?: number): Promise<JoinableQueue<T>>;
        /** Makes a {@link Lock} there. */
        Lock(): Promise<Lock>;
        /** Makes an {@link RLock} there. */
        RLock(): Promise<RLock>;
        /** Makes a {@link Condition} there. */
        Condition(): Promise<Condition>;
        /** Makes a {@link Semaphore} there. */
        Semaphore(value?: number): Promise<Semaphore>;
        /** Makes a {@link BoundedSemaphore} there. */
        BoundedSemaphore(value?: number): Promise<BoundedSemaphore>;
        /** Makes an {@link Event} there. */
        Event(): Promise<Event>;
        /** Makes a {@link Barrier} there; it cannot have an action. */
        Barrier(parties: number, options?: Pick<BarrierOptions, "timeout">): Promise<Barrier>;
        /**
         * Makes a pool of workers there, usable by every process that it is sent to.
         * @param processes how many workers; default {@link cpuCount}
         * @param options those of {@link Pool}
         * @throws as the constructor of {@link Pool}
         */
        Pool<I extends Target = Target>(processes?: number, options?: PoolOptions<I> & InitargsIfNeeded<I>): Promise<SharedPool>;
        /** Makes a {@link SharedDict} there. @param entries its initial content */
        dict<K = string, V = unknown>(entries?: Entries<K, V>): Promise<SharedDict<K, V>>;
        /** Makes a {@link SharedList} there. @param values its initial content */
        list<T = unknown>(values?: Iterable<T>): Promise<SharedList<T>>;
        /** Makes a {@link Namespace} there. @param values its initial content */
        Namespace(values?: Readonly<Record<string, unknown>>): Promise<Namespace>;
        /** Ends the process, and its objects with it. */
        shutdown(): Promise<void>;
        /** With `await using`, like Python's `with`. */
        [Symbol.asyncDispose](): Promise<void>;
    }
    /** The initial entries of a dict. */
    export type Entries<K, V> = Iterable<readonly [K, V]> | (K extends string ? Readonly<Record<string, V>> : never);
    /** Values by name. */
    export class Namespace extends SharedDict<string, unknown> {
        #private;
        /** All of it as one object. */
        toObject(): Promise<Record<string, unknown>>;
    }
    /**
     * A Map that lives in one process, usually a manager's. Values are copied in and out: to change one, get it, change it,
     * and set it again. Keys are compared as in a Map: use strings and numbers. Its methods throw OwnerDied.
     */
    export class SharedDict<K = string, V = unknown> extends Shared {
        #private;
        constructor();
        /** @throws UnsendableError */
        set(key: K, value: V): Promise<void>;
        /** @param fallback returned if there is none */
        get<D = undefined>(key: K, fallback?: D): Promise<V | D>;
        /** The value of the key, which is set to `value` if there is none: atomically, even if others do the same. */
        setDefault(key: K, value: V): Promise<V>;
        /** Whether there is a value for that key. */
        has(key: K): Promise<boolean>;
        /** @returns whether it was there */
        delete(key: K): Promise<boolean>;
        /** Removes and returns the value atomically. @param fallback returned if there is none */
        pop<D = undefined>(key: K, fallback?: D): Promise<V | D>;
        /** How many keys there are. */
        size(): Promise<number>;
        /** The keys, in the order in which they were first set. */
        keys(): Promise<K[]>;
        /** Copies of the values, in the same order. */
        values(): Promise<V[]>;
        /** The keys with copies of their values. */
        items(): Promise<[K, V][]>;
        /** Sets all of them, one after another. @param entries pairs, or the properties of an object */
        update(entries: Entries<K, V>): Promise<void>;
        /** Removes all of them. */
        clear(): Promise<void>;
    }
    /** A list that lives in one process; otherwise like {@link SharedDict}. Negative positions count from the end. */
    export class SharedList<T = unknown> extends Shared {
        #private;
        constructor();
        /** Adds a value at the end. @throws UnsendableError */
        append(value: T): Promise<void>;
        /** Adds values at the end, atomically. @throws UnsendableError */
        extend(values: Iterable<T>): Promise<void>;
        /** Inserts before the element at `index`. */
        insert(index: number, value: T): Promise<void>;
        /** @throws RangeError "list index out of range" */
        get(index: number): Promise<T>;
        /** @throws RangeError "list index out of range" */
        set(index: number, value: T): Promise<void>;
        /** Removes and returns an element, by default the last one. @throws RangeError "pop from empty list" */
        pop(index?: number): Promise<T>;
        /** How many elements there are. */
        length(): Promise<number>;
        /** A part of it, or all, as an array. */
        slice(from?: number, to?: number): Promise<T[]>;
        /** Reverses the order. */
        reverse(): Promise<void>;
        /** Removes all of them. */
        clear(): Promise<void>;
    }
    /**
     * A pool of workers in a {@link Manager}, used by any number of processes: `await manager.Pool(4)`. Its calls are those
     * of {@link Pool}. It ends with the last process connected to it, and with its manager; unfinished tasks then fail with
     * PoolTerminated, or OwnerDied.
     */
    export class SharedPool extends Shared {
        #private;
        /** Made by a manager. */
        private constructor();
        /** How many workers the pool has. */
        get processes(): number;
        /** The PIDs of the current workers. @throws OwnerDied */
        pids(): Promise<number[]>;
        /** Like {@link Pool.apply}. @throws what the function threw; WorkerDied; OwnerDied */
        apply<T extends Target>(target: T, ...[args]: GivenArgs<T>): Promise<Result<T>>;
        /** Like {@link Pool.applyAsync}. */
        applyAsync<T extends Target>(target: T, ...[args, callbacks]: GivenArgs<T, [callbacks?: Callbacks<Result<T>>]>): AsyncResult<Result<T>>;
        /** Like {@link Pool.map}. */
        map<T extends Target>(target: T, items: Items<ItemOf<T>>, chunkSize?: number): Promise<Result<T>[]>;
        /** Like {@link Pool.mapAsync}. */
        mapAsync<T extends Target>(target: T, items: Items<ItemOf<T>>, options?: MapOptions<Result<T>[]> | number): AsyncResult<Result<T>[]>;
        /** Like {@link Pool.starmap}. */
        starmap<T extends Target>(target: T, items: Items<Arguments<T>>, chunkSize?: number): Promise<Result<T>[]>;
        /** Like {@link Pool.starmapAsync}. */
        starmapAsync<T extends Target>(target: T, items: Items<Arguments<T>>, options?: MapOptions<Result<T>[]> | number): AsyncResult<Result<T>[]>;
        /** Like {@link Pool.imap}. */
        imap<T extends Target>(target: T, items: Items<ItemOf<T>>, options?: ImapOptions | number): ImapIterator<Result<T>>;
        /** Like {@link Pool.imapUnordered}. */
        imapUnordered<T extends Target>(target: T, items: Items<ItemOf<T>>, options?: ImapOptions | number): ImapIterator<Result<T>>;
        /** This process gives it no more tasks. The pool accepts none from anybody once everything begun is submitted. */
        close(): void;
        /** Ends the workers at once, for everybody. Unfinished tasks fail with PoolTerminated. */
        terminate(): void;
        /** Waits until the last worker has ended. @throws Error `Pool is still running` before `close` or `terminate` */
        join(): Promise<void>;
        /** `await using`: terminates the pool at the end of the block and waits for its end. */
        [Symbol.asyncDispose](): Promise<void>;
    }
    /** How long a call may take, and whether it may wait at all. */
    export interface Patience {
        /** False: do not wait. */
        block?: boolean;
        /** ms; by default unlimited. The caller measures it; the process that holds the object decides. */
        timeout?: number;
    }
    /**
     * An object that lives in the process which made it, and can be sent to others: as an argument, through queues and
     * pipes, also by those who only received it. All of them use the one object.
     */
    abstract class Shared {
        #private;
        protected constructor();
        /** PID of the process that holds the object. */
        get owner(): number;
        /**
         * This process gives it up: what it held is released, and calls that wait fail. For the others it stays as it is.
         * Objects that nothing refers to any more are closed sooner or later.
         */
        close(): void;
    }
    /** Somebody timed out at the barrier, it was aborted or reset, or a process that waited there has died. */
    export class BrokenBarrierError extends Error {
        constructor(message?: string);
    }
    /** The queue is empty, and nothing came in time. */
    export class Empty extends Error {
        constructor(message?: string);
    }
    /** The other end of a pipe is closed, and everything that was sent has been received. */
    export class EndOfPipe extends Error {
        constructor(message?: string);
    }
    /** The queue is full, and nobody took anything in time. */
    export class Full extends Error {
        constructor(message?: string);
    }
    /** The process in which the object lived is gone, and the object with it. */
    export class OwnerDied extends Error {
        constructor(message: string);
    }
    /** Requires `args` for a target that cannot be called without. */
    export type ArgsIfNeeded<T> = readonly [] extends Arguments<T> ? unknown : {
        readonly args: Arguments<T>;
    };
    /** A target's arguments: the parameters of a function; for a target given by location, anything. */
    export type Arguments<T> = T extends AnyFunction ? Readonly<Parameters<T>> : readonly unknown[];
    /** The arguments of a target in one array, optional if the target needs none; then `More`. */
    export type GivenArgs<T, More extends unknown[] = []> = readonly [] extends Arguments<T> ? [args?: Arguments<T>, ...More] : [args: Arguments<T>, ...More];
    /** The same for an initializer. */
    export type InitargsIfNeeded<I> = readonly [] extends Arguments<I> ? unknown : {
        readonly initargs: Arguments<I>;
    };
    /** What `map` and `imap` call a target with: its one parameter. `never` if a function requires more than one. */
    export type ItemOf<T> = T extends (item: infer I) => unknown ? I : T extends AnyFunction ? never : unknown;
    /** A target's result, awaited; for a target given by location, anything. */
    export type Result<T> = T extends (...args: never[]) => infer R ? Awaited<R> : unknown;
    /**
     * What another process is to call: a function that a module exports. Either the function itself, or its location:
     * `"MODULE#EXPORT"`, a URL with the export as its fragment, or both separately. A relative path starts at the module
     * that names it.
     */
    export type Target = AnyFunction | string | URL | {
        readonly module: string | URL;
        readonly export?: string;
    };
    /**
     * A two-way connection between two processes for any value that can be sent. It consists of two socket pairs without a
     * name on the host: one for bytes, one for their descriptors, which always go first.
     *
     * It does not keep the event loop alive until {@link ref}. Until it is used in this process, it can itself be sent to
     * another one.
     */
    export class Channel {
        #private;
        private constructor();
        /** A new channel: this process's end, and the other one's descriptors. @throws ImpError (EMFILE) */
        static pair(): {
            mine: Channel;
            theirs: Descriptors;
        };
        /** The end whose descriptors this process has; they belong to the channel from now on. */
        static open(fds: Descriptors): Channel;
        /** Whether the other side has gone, or this one was closed: nothing can be sent any more. */
        get closed(): boolean;
        /** Bytes sent that wait for the other side to read earlier ones. */
        get waiting(): number;
        /** Bytes received, and those that the other side has sent besides. */
        get arrivals(): {
            read: number;
            sent: number;
        };
        /** Begins to receive. Earlier messages come first. */
        listen(listener: Listener): void;
        /**
         * Sends a value, together with all others of this turn of the event loop. Never waits: see {@link waiting} and
         * {@link drained}. If the other side has gone, nothing is sent.
         * @param name what messages call the value
         * @throws UnsendableError that names what has no meaning in another process
         */
        send(value: unknown, name?: string): void;
        /** Like {@link send}, for a value already encoded. */
        sendEncoded(message: Encoded): void;
        /** Sends a value at once, with all that was sent before. @returns whether the kernel accepted it, or nobody reads it */
        sendNow(value: unknown): boolean;
        /** Like {@link sendNow}, for a value already encoded. */
        sendEncodedNow(message: Encoded): boolean;
        /** Hands what was sent to the kernel now: it arrives even if this process ends in the next statement. */
        flush(): void;
        /** Resolves when the kernel has accepted everything sent so far, or the other side has gone. */
        drained(): Promise<void>;
        /** Keeps the event loop alive as long as the channel is open. */
        ref(): void;
        unref(): void;
        /** Closes this end. What was sent still arrives if this process lives long enough: see {@link drained}. */
        close(): void;
        /** Like {@link close}, if no event loop will run any more: the other side is told at once. */
        cut(): void;
    }
    /** The two descriptors of one end of a channel. */
    export type Descriptors = readonly [stream: number, side: number];
    /** What the owner of a channel is told. */
    export interface Listener {
        /** A value has arrived. */
        message(value: unknown): void;
        /** The other side has closed or died; everything it sent has arrived before. Not called after our own `close`. */
        closed?(): void;
        /** A message cannot be read here; the channel goes on. Without this callback, the process ends with that error. */
        failed?(error: unknown): void;
    }
    /** A value that has no meaning in another process; the message says which one and where it is. */
    export class UnsendableError extends TypeError {
        constructor(message: string, options?: ErrorOptions);
    }
    /** The parts of an {@link ImpError}. Every field ends up in the text that the user reads. */
    export interface ErrorParts {
        /** What was tried, as an infinitive: `open`, `lock`, `execute`. */
        action: string;
        /** What it was tried on: a path, a PID, a name. */
        object?: string;
        /** The errno name, for example `ENOENT`. */
        errno?: string;
        /** Why, in words: `no such file or directory`, `held by pid 412`. */
        why?: string;
        /** What the user can do about it, as a sentence without its full stop. */
        hint?: string;
        /** What was given for a program's name: `FOO=bar`, `gzip -9`, `cd / && ls`. If there is no hint, a line that works is. */
        meant?: string;
        /** Exit status for the command (docs/exit-codes.md). Default: 125 if resources ran out, else 1. */
        exit?: number;
        /** Further facts, on lines of their own. */
        details?: string[];
    }
    /** A failure that imp anticipated: its message says what failed, on what and why; `hint` says what to do. */
    export class ImpError extends Error {
        /** What the message was made from. */
        readonly parts: ErrorParts;
        /** Exit status for the command. */
        readonly exit: number;
        constructor(parts: ErrorParts, options?: ErrorOptions);
        /** The errno name, for example `ENOENT`, where a system call failed. */
        get errno(): string | undefined;
        /** What can be done about it. */
        get hint(): string | undefined;
        /** The same failure with other parts, for a caller that knows more than the callee did. */
        with(parts: Partial<ErrorParts>): ImpError;
    }
    const TYPES: {
        readonly i8: Int8ArrayConstructor;
        readonly u8: Uint8ArrayConstructor;
        readonly i16: Int16ArrayConstructor;
        readonly u16: Uint16ArrayConstructor;
        readonly i32: Int32ArrayConstructor;
        readonly u32: Uint32ArrayConstructor;
        readonly i64: BigInt64ArrayConstructor;
        readonly u64: BigUint64ArrayConstructor;
        readonly f32: Float32ArrayConstructor;
        readonly f64: Float64ArrayConstructor;
    };
    type AnyFunction = (...args: any[]) => unknown;
    /** A value as sent: its bytes, and descriptors in the order in which the reader takes them. */
    interface Encoded {
        bytes: Uint8Array<ArrayBuffer>;
        /** The sender closes them once the message is sent. */
        fds: number[];
    }
    export type { Acquirable, Memory, Shared };
}
