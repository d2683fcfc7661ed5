"""A project of Google Cloud on this machine's loopback, for Google's own libraries as they are.

documents   the methods there are, by the discovery documents that come with googleapiclient
shapes      whether a JSON value is what those documents say
refused     a refusal in Google's two forms
identity    accounts with keys, tokens, and which permission each holds on what
run         services of Cloud Run with their revisions (`run_kept`) and long-running operations
logs        entries of Cloud Logging, by filters as they are written (`log_filter`)
monitoring  time series of Cloud Monitoring (`monitoring_filter`)
memorystore instances of Redis
sql         instances of Cloud SQL; a disk is enlarged by an operation, which takes its time
access      what an account may do, as it may ask itself
permissions what each method needs, and on which resource
server      all of it behind HTTP: whatever is not known is refused, on the way in and on the way out
serving     a project in a thread, and the connection to it
"""
