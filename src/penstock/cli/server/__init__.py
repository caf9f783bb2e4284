"""The server and the background service: started, reached, looked after."""
