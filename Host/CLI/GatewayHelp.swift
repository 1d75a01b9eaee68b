/// What `alphaloop gateway --help` says beyond the options.
enum GatewayHelp {
  static let text = """
    A server of the TWS protocol (versions 176 to 200) with a market and an order book of its own. Nothing of it reaches a
    market; it needs no configuration and no account. It prints one line when it listens, and exits 0 on SIGINT or SIGTERM.
    """
}
