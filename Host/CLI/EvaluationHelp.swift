/// What `agent eval --help` says about its files and lines; set for a terminal of 80 columns.
enum EvaluationHelp {
  static let text = """
    The folder holds one file a capability; a missing file is a capability that
    the agent does not get, and of the others it sees those that it declares.
    Columns stand in any order; those in [brackets] may be missing; an empty
    number is a missing value.

    bars.csv          [symbol],timestamp|date,[open],[high],[low],close,[volume]
                      or date and one column of closes a symbol
    quotes.csv        [symbol],timestamp,bid,ask,[bid_size],[ask_size]
    trades.csv        [symbol],timestamp,price,size
    options.csv       underlying,timestamp,expiry,strike,right,[bid],[ask],
                      [last],[implied_volatility],[open_interest],[volume];
                      right is call or put
    fundamentals.csv  [symbol],field,period,known,value
    macro.csv         series,date,known,value; a later known for the same date
                      is a revision
    news.csv          [symbol],published,known,headline,[body],[source],
                      [sentiment],[id]
    events.csv        [symbol],kind,date,known,[value],[value2],[subject],
                      [text]; kind is earnings, dividend, split, filing,
                      insider_trade, rename, delisting, trading_halt,
                      trading_resume or other
    portfolio.json    {"as_of","equity","cash","peak_equity","initial_cash",
                       "day_start_equity","halt",
                       "positions":[{"symbol","quantity","average_cost",
                         "last","committed","realised","fees"}],
                       "work":[{"symbol","total","start","end","limit",
                         "remaining","working"}]}
                      or a list of them, each with as_of: the newest that is
                      not after the as-of time counts. equity or cash is
                      needed, what else is missing is derived.
    views.csv         as_of,agent,[symbol],kind,value,[confidence],[horizon],
                      [name]; kind is view, weight, quantity, estimate or
                      abstain; an empty agent is the host's own proposal;
                      horizon in ns; name is an estimate's
    records.csv       as_of,agent,[id],[tier],[weight],[wins],[losses],
                      [sum_win],[sum_loss],[last_return]
    universe.csv      symbol,[sector],[asset],[tick],[lot],[multiplier],
                      [tradable],[shortable],[currency]; without it every
                      symbol found, in the order of its bytes

    Times are ISO 8601 or epochs, without a zone UTC. A date alone is 16:00 in
    New York, when a daily bar or a fact is known; as period of fundamentals or
    date of a series or event it is 00:00 UTC. A fact is seen from the first
    as-of time at or after its known time.

    As-of times are the times of the bars, and those of quotes, trades, facts,
    work and timers (up to the last of them) where the agent asks for them. In a
    folder without bars
    every time in it is one.

    Each line has as_of, instrument (null: none, or all of them), kind, and
    view          score, confidence, horizon_ns
    weight        weight, confidence
    quantity      quantity
    multiplier    multiplier
    veto          reason, value
    abstain       reason
    order         quantity, type, tif, limit, stop, release, label
    estimate      name, value
    agent_weight  agent, weight
    halt          state, reason
    refused       reason: the answer broke the contract
    none          no row of this instrument: what was said before stands
    Every instrument has a line at every as-of time.

    An agent of a library outside of the plugin folder runs in a worker process,
    with the same answers. When it crashes, or takes more than 10 s for one
    answer, the run ends there: the lines before are printed.

    Exit codes: 0 done, 1 the agent crashed or hung, 2 usage or unknown agent,
    3 parameters, 4 data.
    """
}
