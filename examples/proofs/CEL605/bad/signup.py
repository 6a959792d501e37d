from accounts import create_account

create_account.delay("ada", password="hunter2")
