namespace Functional

open System
open System.Collections
open System.Collections.Concurrent
open System.Collections.Generic
open System.Runtime.ExceptionServices
open System.Threading

/// What the thread that makes items and the one that takes them share.
[<Sealed; AllowNullLiteral(false)>]
type private Pipe<'T>(ahead: int) =
    let items = new BlockingCollection<'T>(ahead)
    let stopping = new CancellationTokenSource()
    let mutable failure: ExceptionDispatchInfo | null = null

    member _.Stop() = stopping.Cancel()

    /// Waits for the next item; false at the end. Throws what making it threw.
    member _.TryTake(item: byref<'T>) =
        let found = items.TryTake(&item, Timeout.Infinite)

        match failure with
        | NonNull failure when not found -> failure.Throw()
        | _ -> ()

        found

    /// Makes the items, until there are no more or nobody wants them.
    member _.Fill(source: seq<'T>) =
        try
            try
                use made = source.GetEnumerator()
                while not stopping.IsCancellationRequested && made.MoveNext() do
                    items.Add(made.Current, stopping.Token)
            with
            | :? OperationCanceledException when stopping.IsCancellationRequested -> ()
            | e -> failure <- ExceptionDispatchInfo.Capture e
        finally
            items.CompleteAdding()

/// Takes items that a thread of its own makes ahead. The thread knows only the pipe: an enumeration that was forgotten is
/// collected, and then ends it.
[<Sealed; AllowNullLiteral(false)>]
type private PrefetchedItems<'T>(source: seq<'T>, ahead: int) =
    let pipe = Pipe<'T> ahead
    let maker =
        let pipe = pipe
        Thread((fun () -> pipe.Fill source), IsBackground = true, Name = "Functional prefetch")
    let mutable current = Unchecked.defaultof<'T>
    do maker.Start()

    override _.Finalize() = pipe.Stop()

    interface IEnumerator<'T> with
        member _.Current = current

    interface IEnumerator with
        member _.Current = box current
        member _.MoveNext() = pipe.TryTake &current
        member _.Reset() = raise (NotSupportedException())

    interface IDisposable with
        member this.Dispose() =
            GC.SuppressFinalize this
            pipe.Stop()
            maker.Join()

/// A sequence whose items are made ahead, on a thread of their own for each enumeration.
[<Sealed; AllowNullLiteral(false)>]
type internal Prefetched<'T>(source: seq<'T>, ahead: int) =
    interface IEnumerable<'T> with
        member _.GetEnumerator() : IEnumerator<'T> = new PrefetchedItems<'T>(source, ahead)
        member _.GetEnumerator() : IEnumerator = new PrefetchedItems<'T>(source, ahead)
