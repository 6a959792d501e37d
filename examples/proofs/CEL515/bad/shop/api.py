from fastapi import BackgroundTasks, FastAPI

from shop.invoices import send_invoice

app = FastAPI()


@app.post("/orders")
def order(order_id: int, background_tasks: BackgroundTasks):
    background_tasks.add_task(send_invoice, order_id)
    return {"status": "accepted"}
