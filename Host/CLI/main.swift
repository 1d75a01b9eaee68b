print("alphaloop")
