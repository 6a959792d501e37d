from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


# bad: returns a token
@app.task
def login(user_id):
    return {"token": make_token(user_id)}


# good: the number of keys
@app.task
def count(day):
    return {"keyboards_sold": 3, "day": day}


# good: nothing secret
@app.task
def total(day):
    return {"sum": 3}
