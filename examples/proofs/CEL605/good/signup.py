from accounts import create_account

signup = {"username": "ada", "password": "hunter2"}
signup_id = 7  # the key under which the signup was stored
create_account.delay(signup_id)
