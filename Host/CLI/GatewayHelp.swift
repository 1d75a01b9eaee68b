/// What `alphaloop gateway --help` says beyond the options.
enum GatewayHelp {
  static let text = """
    A server of the TWS protocol (versions 176 to 200) with a market and an order book of its own. Nothing of it reaches a
    market; it needs no configuration and no account. It prints one line when it listens, and exits 0 on SIGINT or SIGTERM.

    The book (--book FILE) is one JSON object a line, appended at the moment of each change, before a client can hear of it:
    n, time (ns), event, and of an order client, order, perm, ref, symbol, action, type, tif, quantity, filled, status.
    Events: connect, disconnect, refuse, place, transmit, submit, triggered, modify, modify_refused, reject, reduced,
    execution (execution, shares, price, commission), correction, cancel_requested, cancelled (reason), filled, inactive,
    second_perm, lost, auction, unreadable, weather.

    Commands come on the Unix socket of --control, a JSON object a line, each answered by {"ok":true,...} or
    {"ok":false,"error":...}; a file of --weather holds the same, each with "at": simulated seconds after the start, or
    "on": EVENT of the book and "count": its how-manieth. A switch is put off again with "on": false.

    Connections: {"do":"drop"} now, or after "bytes" more (in the middle of a frame); one "client", else all.
      {"do":"pieces","bytes":N,"ms":M} slow writes, 0 ends it. {"do":"silent"} accepts bytes and says nothing.
      {"do":"occupy","client":N} answers 326. {"do":"reset","seconds":S} closes the port; "rollback":K ids go back,
      "lose":K the last orders never left.
    Link and data: {"do":"lost"} 1100; {"do":"restored","data":"kept"|"lost","reports":"sent"|"lost"} 1102 or 1101.
      {"do":"farm","up":false} 2103/2104; {"do":"history_farm","up":false} 2105/2106; {"do":"competing"} 10197;
      {"do":"unsubscribed"} 354/10167; {"do":"price","symbol":S,"price":P}; {"do":"freeze"};
      {"do":"auction","auction":"open"|"close"}, the close ends orders of the day; {"do":"notice","code":C,"text":T,"id":N}.
    Orders: {"do":"fill","order":N,"client":N,"quantity":"Q","price":P}, without a client connected too, and after a
      cancellation; {"do":"hold_fills"}; {"do":"cancel"|"inactive","order":N,"reason":T}; {"do":"second_perm","order":N};
      {"do":"reject","times":N,"reason":T}; {"do":"ignore_cancels"}; {"do":"execution_first"}; {"do":"duplicate_status"};
      {"do":"reorder"}; {"do":"no_commission","times":N}; {"do":"stale_status","order":N,"status":W};
      {"do":"correct","execution":ID,"price":P,"quantity":"Q"} (the last one without an ID).
    {"do":"book"} answers every order, execution and position.
    """
}
