"""Whether a server keeps the switchboard's contract (`docs/switchboard.md`): asked as any client may ask, case by case.

server     the server as it is asked, and what it must answer
switches   the cases about switches
tasks      the cases about tasks
kit        all of them, in order

Only a switch and a task whose names begin with `codeblue.test.` are set and started, and the switch is put back.
"""
