from fastapi import FastAPI

from shop.tasks import send_invoice

app = FastAPI()


@app.post("/orders")
def order(order_id: int):
    send_invoice.delay(order_id)
    return {"status": "accepted"}
