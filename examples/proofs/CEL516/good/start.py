from shop.consumer import main

main()
