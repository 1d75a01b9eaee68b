import AlphaLoopRuntime

/// A small, whole configuration and the ways to break it. Positions in the table are counted by hand in these texts.
enum ConfigurationFixture {
  struct Mistake: Sendable {
    var file: String
    var old: String
    var new: String
    var expected: [String]

    init(_ file: String, _ old: String, _ new: String, _ expected: String...) {
      self.file = file
      self.old = old
      self.new = new
      self.expected = expected.map { "c/" + $0 }
    }
  }

  static let sources = ConfigurationSources(directory: "c", files: texts.mapValues { Array($0.utf8) })

  /// sessions.yaml of the New York exchange.
  static let sessions = """
    calendar: XNYS
    calendars:
      - id: XNYS
        time_zone: America/New_York
        open: "09:30"
        close: "16:00"
        early_close: "13:00"
        holidays: {source: rules}
    phases:
      collect: "17:30"
      train: "19:00"
      validate: "04:00"
      promote: "05:00"
      pre_open_checks: "08:30"
      opening_orders: "09:25"
      report: "16:15"
      reload: "17:00"
    deadlines: {collected: "19:00", promoted: "09:00", opened: "09:28"}

    """

  private static let texts: [String: String] = [
    "alphaloop.yaml": """
    version: 1
    seed: 7
    initial_cash: 1000000
    currency: USD
    plugin_folder: ../plugins
    journal: ../journal
    libraries:
      - {id: files, path: libfiles.so, required: true}
      - {id: simulated, path: libsimulated.so}
    data: [{plugin: data.files, files: [bars.csv]}]
    broker: {plugin: broker.simulated}
    store: {plugin: store.sqlite}
    agents:
      - {agent: mom.high52, universe: all, capabilities: [bars, views]}
      - {agent: arb.cointegration, universe: {sector: energy}}
      - {agent: exec.regime_hmm, universe: [^GSPC, KO]}
      - {agent: mom.intraday, universe: all, enabled: false}

    """,
    "universe.yaml": """
    defaults: {kind: equity, currency: USD, tick: 0.01, venue: NYSE, calendar: XNYS}
    instruments:
      - {symbol: ^GSPC, kind: index}
      - {symbol: CVX, sector: energy}
      - {symbol: XOM, sector: energy}
      - {symbol: KO, sector: consumer_staples}

    """,
    "risk.yaml": """
    limits:
      daily_loss: 2 %
      drawdown: 10 %
      max_position: 5 %
      gross_exposure: 100 %
      net_exposure: 100 %
      restricted: []
      reject_burst: {count: 5, per: 1m}
    halts:
      drawdown: flatten

    """,
    "sessions.yaml": sessions,
    "sectors/energy.yaml": """
    name: Energy
    enabled: true
    symbols: [CVX, XOM]
    agents:
      - agent: mom.tsmom
        parameters: {}
      - agent: mom.donchian

    """,
    "sectors/consumer_staples.yaml": "name: Consumer staples\nenabled: true\nsymbols: [KO]\n",
    "sectors/utilities.yaml": "name: Utilities\nenabled: false\nsymbols: []\nagents: [{agent: mom.tsmom}]\n",
  ]

  static let mistakes = [
    Mistake(
      "sectors/energy.yaml", "enabled:", "enabeld:",
      "sectors/energy.yaml:1:1: the sector 'energy' needs the key 'enabled'; add it",
      "sectors/energy.yaml:2:1: unknown key 'enabeld' in the sector 'energy'; did you mean 'enabled'?"),
    Mistake(
      "sectors/energy.yaml", "enabled: true", "enabled: yes",
      "sectors/energy.yaml:2:10: expected true or false, found the text 'yes'"),
    Mistake(
      "sectors/energy.yaml", "CVX, XOM", "CVX, XMO",
      "sectors/energy.yaml:3:16: 'XMO' is not in universe.yaml; did you mean 'XOM'?"),
    Mistake(
      "sectors/energy.yaml", "CVX, XOM", "CVX, KO",
      "sectors/energy.yaml:3:16: 'KO' already belongs to a sector at c/sectors/consumer_staples.yaml:3:11; keep one of the two"
    ),
    Mistake(
      "sectors/energy.yaml", "[CVX,", "[^GSPC, CVX,",
      "sectors/energy.yaml:3:11: '^GSPC' is not tradable, so no sector can trade it; take it out of the sector"),
    Mistake(
      "sectors/energy.yaml", "[CVX, XOM]", "[]",
      "sectors/energy.yaml:3:10: the sector 'energy' is enabled but has no symbols; list some, or write 'enabled: false'"
    ),
    Mistake(
      "sectors/energy.yaml", "mom.donchian", "mom.tsmom",
      "sectors/energy.yaml:7:5: the instance id 'energy/mom.tsmom' is taken at c/sectors/energy.yaml:5:5; give it an 'id' of its own"
    ),
    Mistake(
      "sectors/energy.yaml", "parameters: {}", "parameters: 5",
      "sectors/energy.yaml:6:17: expected parameters (a mapping of names to values), found the number 5"),
    Mistake(
      "sectors/energy.yaml", "parameters: {}", "parameters: {x: .inf}",
      "sectors/energy.yaml:6:21: '.inf': infinity and not-a-number are not values here; write a finite number"),
    Mistake(
      "risk.yaml", "daily_loss: 2 %", "daily_loss: 2",
      "risk.yaml:2:15: 2 is out of range; write 0 % to 100 %; for 2 per cent write '2 %'"),
    Mistake(
      "risk.yaml", "max_position: 5 %", "max_position: {amout: 5}",
      "risk.yaml:4:17: an amount of money needs the key 'amount'; add it",
      "risk.yaml:4:18: unknown key 'amout' in an amount of money; did you mean 'amount'?"),
    Mistake(
      "risk.yaml", "max_position: 5 %", "max_position: {amount: -5}",
      "risk.yaml:4:26: -5 is out of range; write at least 0"),
    Mistake(
      "risk.yaml", "max_position:", "max_postion:",
      "risk.yaml:4:3: unknown key 'max_postion' in the limits; did you mean 'max_position'?"),
    Mistake(
      "risk.yaml", "restricted: []", "restricted: [K0]",
      "risk.yaml:7:16: 'K0' is not in universe.yaml; did you mean 'KO'?"),
    Mistake(
      "risk.yaml", "net_exposure: 100", "net_exposure: 200",
      "risk.yaml:6:3: net_exposure is above gross_exposure, which it can never exceed; lower it"),
    Mistake(
      "risk.yaml", "halts:", "watchdog: {stale_after: 100ms}\nhalts:",
      "risk.yaml:9:25: 100ms is out of range; write 1s to 1h"),
    Mistake(
      "risk.yaml", "halts:", "watchdog: {policy: flaten}\nhalts:",
      "risk.yaml:9:20: 'flaten' is not one of the choices; did you mean 'flatten'?"),
    Mistake(
      "risk.yaml", "halts:", "watchdog: {global_cancl: true}\nhalts:",
      "risk.yaml:9:12: unknown key 'global_cancl' in the watchdog; did you mean 'global_cancel'?"),
    Mistake(
      "risk.yaml", "flatten", "flaten", "risk.yaml:10:13: 'flaten' is not one of the choices; did you mean 'flatten'?"),
    Mistake(
      "risk.yaml", "restricted: []", "circuit_breaker: {symbol: ^GSPX}",
      "risk.yaml:7:29: '^GSPX' is not in universe.yaml; did you mean '^GSPC'?"),
    Mistake(
      "risk.yaml", "restricted: []", "circuit_breaker: {symbol: ^GSPC, levels: [7 %, 7 %]}",
      "risk.yaml:7:36: the levels must rise from above 0 %, as in [7 %, 13 %, 20 %]; correct them"),
    Mistake("risk.yaml", "per: 1m", "per: 0s", "risk.yaml:8:33: 0s is out of range; write at least 1ms"),
    Mistake(
      "sessions.yaml", "calendar: XNYS", "calendar: XNY",
      "sessions.yaml:1:11: 'XNY' is not one of the calendars; did you mean 'XNYS'?"),
    Mistake(
      "sessions.yaml", "promote: \"05:00\"", "promote: \"03:00\"",
      "sessions.yaml:13:12: promote at 03:00 comes before validate at 04:00 in the round that starts with collect at 17:30; move one of them"
    ),
    Mistake(
      "sessions.yaml", "open: \"09:30\"", "open: 9.30",
      "sessions.yaml:5:11: expected a time of day such as \"09:30\", found the number 9.30"),
    Mistake(
      "sessions.yaml", "early_close: \"13:00\"", "early_close: \"17:00\"",
      "sessions.yaml:7:5: early_close 17:00 is not between open 09:30 and close 16:00"),
    Mistake(
      "sessions.yaml", "America/New_York", "America/NewYork",
      "sessions.yaml:4:16: the time zone 'America/NewYork' is not known; did you mean 'America/New_York'?"),
    Mistake(
      "sessions.yaml", "America/New_York", "Asia/Tokyo",
      "sessions.yaml:4:16: the time zone 'Asia/Tokyo' is not known; the host knows: America/New_York, UTC, US/Eastern, Etc/UTC"
    ),
    Mistake(
      "sessions.yaml", "America/New_York", "UTC",
      "sessions.yaml:8:5: the host has holiday rules for ARCX, BATS, BATY, EDGA, EDGX, IEXG, XASE, XNAS, XNYS in America/New_York only; write 'holidays: {source: file, file: PATH}'"
    ),
    Mistake(
      "universe.yaml", "kind: equity", "kidn: equity",
      "universe.yaml:1:12: unknown key 'kidn' in the defaults of the universe; did you mean 'kind'?"),
    Mistake(
      "universe.yaml", "currency: USD", "currency: usd",
      "universe.yaml:1:36: 'usd' is not a currency code; write one such as USD"),
    Mistake(
      "universe.yaml", "calendar: XNYS", "calendar: XNSY",
      "universe.yaml:1:76: the calendar 'XNSY' is not in sessions.yaml; did you mean 'XNYS'?"),
    Mistake(
      "universe.yaml", "defaults:", "defualts:",
      "universe.yaml:1:1: unknown key 'defualts' in the universe; did you mean 'defaults'?"),
    Mistake(
      "universe.yaml", "symbol: XOM", "symbol: XOM, kind: eqity",
      "universe.yaml:5:25: 'eqity' is not one of the choices; did you mean 'equity'?"),
    Mistake(
      "universe.yaml", "kind: index", "kind: index, tradable: true",
      "universe.yaml:3:34: an index cannot be traded; write 'tradable: false'"),
    Mistake(
      "universe.yaml", "symbol: XOM", "symbol: CVX",
      "sectors/energy.yaml:3:16: 'XOM' is not in universe.yaml; its symbols are: ^GSPC, CVX, CVX, KO",
      "universe.yaml:5:14: 'CVX' is already an instrument at c/universe.yaml:4:14; keep one of the two"),
    Mistake(
      "universe.yaml", "kind: index", "kind: index, calendar: XNSY",
      "universe.yaml:3:44: the calendar 'XNSY' is not in sessions.yaml; did you mean 'XNYS'?"),
    Mistake(
      "universe.yaml", "sector: consumer_staples", "sector: consumer_staple",
      "sectors/consumer_staples.yaml:3:11: 'KO' belongs to 'consumer_staple' by c/universe.yaml:6:26; correct one of the two",
      "universe.yaml:6:26: there is no file sectors/consumer_staple.yaml; did you mean 'consumer_staples'?"),
    Mistake(
      "universe.yaml", "symbol: KO", "symbol: KO, strike: 60",
      "universe.yaml:6:18: 'strike' belongs to a future or an option, not to kind equity; remove it"),
    Mistake(
      "alphaloop.yaml", "required:", "requierd:",
      "alphaloop.yaml:8:36: unknown key 'requierd' in a library; did you mean 'required'?"),
    Mistake(
      "alphaloop.yaml", "{sector: energy}", "{sector: enrgy}",
      "alphaloop.yaml:15:32: there is no sector 'enrgy'; did you mean 'energy'?"),
    Mistake(
      "alphaloop.yaml", "initial_cash: 1000000", "initial_cash: 1e6",
      "alphaloop.yaml:3:15: '1e6' uses an exponent; write the digits out"),
    Mistake(
      "alphaloop.yaml", "broker.simulated}", "broker.simulated, answer_timeout: 0s}",
      "alphaloop.yaml:11:52: 0s is out of range; write 1ms to 1h"),
    Mistake("alphaloop.yaml", "version: 1", "version: 2", "alphaloop.yaml:1:10: 2 is out of range; write 1"),
    Mistake(
      "alphaloop.yaml", "id: simulated", "id: files",
      "alphaloop.yaml:9:10: the library id 'files' is taken at c/alphaloop.yaml:8:10; choose another"),
    Mistake(
      "alphaloop.yaml", "libfiles.so,", "libfiles.so, sha256: abc,",
      "alphaloop.yaml:8:44: expected 64 lower-case hexadecimal digits, as 'sha256sum FILE' prints, found the text 'abc'"
    ),
    Mistake(
      "alphaloop.yaml", "[bars, views]", "[bars, viws]",
      "alphaloop.yaml:14:61: 'viws' is not a capability; did you mean 'views'?"),
    Mistake(
      "alphaloop.yaml", "[^GSPC, KO]", "[^GSPC, KO, KO]", "alphaloop.yaml:16:52: 'KO' is listed twice; remove one"),
    Mistake(
      "alphaloop.yaml", "universe: all, cap", "universe: everything, cap",
      "alphaloop.yaml:14:35: expected 'all', a list of symbols or '{sector: NAME}', found the text 'everything'"),
    Mistake(
      "alphaloop.yaml", "journal: ../journal",
      "journal: ../journal\npolicies:\n  - {plugin: policy.a}\n  - {plugin: policy.b, id: b}\n  - {plugin: policy.c, enabled: false}",
      "alphaloop.yaml:9:28: 'b' is a second enabled policy beside 'policy.a' at c/alphaloop.yaml:8:5, and only one can size the orders; write 'enabled: false' for one of them"
    ),
    Mistake(
      "alphaloop.yaml", "journal: ../journal", "journal:",
      "alphaloop.yaml:6:1: 'journal' in the manifest has no value; write one"),
  ]
}
