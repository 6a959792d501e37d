from shop.tasks.mail import welcome

print(welcome.delay(7).id)
