/// What `agent eval --help` says about its files.
enum EvaluationHelp {
  static let text = """
    One file of the folder is one capability; a missing file is a capability that the agent does not get.
      bars.csv          symbol,timestamp|date,open,high,low,close,volume
    """
}
